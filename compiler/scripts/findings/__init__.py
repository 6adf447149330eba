"""Findings about scripts: what is not followed, and mistakes that only a script can have."""
