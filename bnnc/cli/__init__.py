"""The command line."""

from bnnc.cli.app import main

__all__ = ["main"]
