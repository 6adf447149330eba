"""Draw evaluations, trainings and posteriors with matplotlib: tables in, axes out."""
