"""The plan of a model, the origin of each value, and the difference between two specs."""
