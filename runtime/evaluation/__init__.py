"""Evaluation of predictions: figures with standard errors, and the tables behind them."""
