"""`bnnc lsp`."""

from __future__ import annotations

import os

import click

from bnnc.cli.exit_codes import UserError
from bnnc.errors import MissingExtraError


@click.command("lsp")
@click.option("--stdio", is_flag=True, hidden=True)  # what some editors add by themselves
def command(stdio: bool) -> None:
    """Serve an editor: findings as you type, fixes, hover, completion, shapes.

    An editor starts it and speaks the Language Server Protocol on standard input and output.
    docs/editors.md has configurations. TensorFlow is not imported.
    """
    del stdio
    try:
        from bnnc.lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise MissingExtraError("pygls", "lsp", "`bnnc lsp`") from None
    if os.isatty(0):
        raise UserError(
            "`bnnc lsp` is started by an editor, which speaks to it on standard input; "
            "docs/editors.md has configurations. `bnnc check` checks files here"
        )
    # Messages have standard output for themselves: what else is printed goes to standard error.
    with os.fdopen(os.dup(0), "rb") as stdin, os.fdopen(os.dup(1), "wb") as stdout:
        os.dup2(2, 1)
        serve(stdin, stdout)
