"""Runs: their folders, resumed bit for bit; programs loaded from them; weights taken from them."""
