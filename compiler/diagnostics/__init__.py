"""Findings as values, and the forms that they are shown in."""
