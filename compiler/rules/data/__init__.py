"""Rules about the data that the spec names."""
