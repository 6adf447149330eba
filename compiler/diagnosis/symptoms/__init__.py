"""What can be wrong with a trained run, one symptom a file."""
