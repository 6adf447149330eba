"""Run folders, bit-exact resume, loading, and warm starts."""
