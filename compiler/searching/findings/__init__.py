"""Findings about search files."""
