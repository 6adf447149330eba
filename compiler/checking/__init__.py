"""The rules run over a view, and what happens to their findings: suppression, fixes, warnings."""
