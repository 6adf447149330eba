"""Errors of the YAML parser, explained."""
