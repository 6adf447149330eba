"""Measure a trained run: weights, activations, gradients, predictions, and its data."""
