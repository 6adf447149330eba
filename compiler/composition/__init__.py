"""Specs put together: from files that extend each other, and settings of the command line."""
