"""The rules: one file a rule, its docstring the page that `bnnc explain` prints."""
