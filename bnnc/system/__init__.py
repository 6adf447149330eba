"""What bnnc asks of the operating system and the terminal; the lowest layer, imported by all others."""
