"""Findings as values, their catalog, and their output formats."""
