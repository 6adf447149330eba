"""Findings about comments that suppress findings, and about too many findings."""
