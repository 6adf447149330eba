"""Findings about files that extend each other, and about `--set`."""
