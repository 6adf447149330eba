"""Findings of the binder: unknown keys, missing keys, wrong values."""
