"""Rules about layers and their shapes."""
