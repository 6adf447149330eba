"""Compile a declarative spec of a Bayesian image model into a Keras model."""
