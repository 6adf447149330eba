"""Predictions over HTTP: `bnnc serve`."""
