"""Files, locks and text tables; the lowest layer, imported by all others."""
