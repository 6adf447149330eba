"""Compose specs from files that extend each other and from overrides."""
