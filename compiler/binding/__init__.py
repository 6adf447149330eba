"""The tree bound to the typed sections of the language."""
