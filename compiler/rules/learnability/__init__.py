"""Rules that predict from the numbers of a spec that it cannot learn."""
