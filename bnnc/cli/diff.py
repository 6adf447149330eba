"""`bnnc diff`."""

from __future__ import annotations

import json

import click

from bnnc.cli.exit_codes import UserError
from bnnc.cli.specs import accepted, accepted_report, setting_option
from bnnc.cli.terminal import colored, width
from bnnc.compiler import pipeline
from bnnc.compiler.planning.difference import difference
from bnnc.compiler.text.source import Source
from bnnc.system.wrapping import wrapped


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@setting_option("Override a value of B; without B, show what it changes in A.")
def command(before: str, after: str | None, settings: tuple[Source, ...]) -> int:
    """Compare two specs by meaning, not by layout.

    Defaults are filled in; comments, order, layout and descriptions do not count. Exits with 0 if
    the two make the same model, with 1 if not.
    """
    if after is None and not settings:
        raise click.UsageError("Give a second spec, or settings with `--set`.")
    if before == after == "-":
        raise UserError(
            "standard input is one spec, and there are two to compare: give a file for one of them, "
            "as in `bnnc diff old.yaml -`"
        )
    first = accepted(before)
    if after is None:
        # Not read again: it may be standard input.
        second = accepted_report(pipeline.check(first.source, settings=settings))
    else:
        second = accepted(after, settings)
    found = difference(first.accepted(), second.accepted())
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
    line = wrapped(f"  {sign} {text}", width(), indent="    ")
    return click.style(line, fg=colour) if colored() else line
