"""Rules about priors, posteriors and the weight of the KL."""
