"""Training: the loop over epochs, the objective, optimizers, schedules and early stopping."""
