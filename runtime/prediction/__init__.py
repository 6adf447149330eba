"""Prediction over weight draws: the draws, their mixtures, and metrics."""
