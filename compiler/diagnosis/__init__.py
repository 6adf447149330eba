"""Diagnose a trained run: what its measurements show to be wrong, and what to change in the spec."""
