"""Rules about the output distribution, its labels and the loss."""
