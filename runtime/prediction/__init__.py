"""Prediction by weight draws: the draws, the mixtures they make, and their metrics."""
