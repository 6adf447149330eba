"""Makes the documentation from hand-written pages, the language, the rules and the commands."""
