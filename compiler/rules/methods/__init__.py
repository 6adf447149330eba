"""Rules about Bayesian methods and the layers that they apply to."""
