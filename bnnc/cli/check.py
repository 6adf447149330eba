"""`bnnc check`."""

from __future__ import annotations

import click

from bnnc.cli.endings import FINDINGS, UsersError
from bnnc.cli.specs import colored, read
from bnnc.compiler import pipeline
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.render import render, summary


@click.command("check")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
def command(specs: tuple[str, ...]) -> int:
    """Check specs; report every finding with its place and the way out.

    SPEC is a YAML or JSON file, or - for standard input. TensorFlow is not imported. Exits with 1
    if a spec has errors.
    """
    found: list[Diagnostic] = []
    refused = unreadable = 0
    for spec in specs:
        try:
            name, data = read(spec)
        except UsersError as error:
            click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
            unreadable += 1
            continue
        report = pipeline.check_bytes(name, data)
        refused += not report.ok
        found.extend(report.diagnostics)
        if report.diagnostics:
            click.echo(render(report.diagnostics, color=colored()) + "\n", color=colored())
    if found:
        click.echo(summary(tuple(found)))
    elif not unreadable:
        click.echo(
            "1 spec checked, no findings"
            if len(specs) == 1
            else f"{len(specs)} specs checked, no findings"
        )
    if unreadable:
        return 2
    return FINDINGS if refused else 0
