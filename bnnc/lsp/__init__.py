"""The language server of `bnnc lsp`: findings, fixes, hover and completion as an editor asks."""
