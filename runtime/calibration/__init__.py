"""Calibration of predictions on held-out rows, and predictions with guarantees."""
