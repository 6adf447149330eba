"""`bnnc diff`."""

from __future__ import annotations

import json

import click

from bnnc.cli.endings import UsersError
from bnnc.cli.specs import accepted, colored
from bnnc.compiler.difference import difference


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
def command(before: str, after: str) -> int:
    """Show what differs between two specs in meaning, not in layout.

    Defaults are filled in; comments, order, layout and descriptions do not count. Exits with 0 if
    the two make the same model, with 1 if not.
    """
    if before == after == "-":
        raise UsersError(
            "standard input is one spec, and there are two to compare: give a file for one of them, "
            "as in `bnnc diff old.yaml -`"
        )
    found = difference(accepted(before).accepted(), accepted(after).accepted())
    for one in found:
        lines = [click.style(one.path, bold=True)] if colored() else [one.path]
        if one.before is not None:
            lines.append(_line("-", one.before, "red"))
        if one.after is not None:
            lines.append(_line("+", one.after, "green"))
        click.echo("\n".join(lines), color=colored())
    return 1 if found else 0


def _line(sign: str, value: object, colour: str) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = f"  {sign} {text}"
    return click.style(line, fg=colour) if colored() else line
