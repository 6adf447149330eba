"""Rules about the optimizer, its schedule and the length of a training."""
