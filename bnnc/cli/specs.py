"""Reading and checking the spec that a command is given."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bnnc.cli.endings import FINDINGS, UsersError
from bnnc.compiler import pipeline
from bnnc.compiler.diagnostics.render import render, summary
from bnnc.compiler.pipeline import Report


def read(spec: str) -> tuple[str, bytes]:
    """Name and bytes of a spec file; `-` is standard input. Raises: UsersError."""
    if spec == "-":
        return "<stdin>", sys.stdin.buffer.read()
    try:
        return spec, Path(spec).read_bytes()
    except FileNotFoundError:
        raise UsersError(f"{spec} does not exist") from None
    except IsADirectoryError:
        raise UsersError(f"{spec} is a folder; expected a spec file, .yaml or .json") from None
    except OSError as error:
        raise UsersError(f"{spec} cannot be read: {error.strerror}") from None


def accepted(spec: str) -> Report:
    """The report of a spec that compiles; its findings go to standard error.

    Ends the command with exit code 1 if the spec has errors.
    """
    report = pipeline.check_bytes(*read(spec))
    if report.diagnostics:
        click.echo(render(report.diagnostics, color=colored(err=True)), err=True)
    if not report.ok:
        click.echo(summary(report.diagnostics), err=True)
        raise click.exceptions.Exit(FINDINGS)
    return report


def colored(*, err: bool = False) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR; always under FORCE_COLOR."""
    import os

    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return (sys.stderr if err else sys.stdout).isatty()
