"""Text read into a tree with spans, or into findings about its syntax."""
