"""Sweeps: Optuna proposes points of a search, each is trained as a run, and the best is a spec."""
