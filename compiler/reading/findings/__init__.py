"""Findings of the reader: encoding, syntax, and the limits of size."""
