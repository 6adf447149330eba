"""Text and trees with spans, as values."""
