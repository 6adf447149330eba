"""Text with places: sources, spans, the tree that keeps them, and the reader."""
