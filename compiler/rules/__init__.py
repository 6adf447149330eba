"""The rules by subject: one file each, whose docstring is the page that `bnnc explain` prints."""
