"""Knowledge of the language: its schema, examples of it, and the words of other libraries."""
