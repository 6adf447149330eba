"""What runs: layers, estimators, outputs, the objective, training, data, prediction."""
