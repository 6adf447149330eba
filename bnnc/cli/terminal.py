"""Print text for people, wrapped to the width of a terminal."""

from __future__ import annotations

import os
import sys

import click

from bnnc.system.wrapping import wrapped

_NARROWEST = 20


def width(*, err: bool = False) -> int | None:
    """Columns of the terminal that a stream goes to; None if it goes somewhere else."""
    stream = sys.stderr if err else sys.stdout
    if not stream or not stream.isatty():
        return None
    if os.environ.get("COLUMNS", "").isdigit():
        return max(int(os.environ["COLUMNS"]), _NARROWEST)
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return None
    return max(columns, _NARROWEST) if columns else None  # 0 where the terminal does not know


def echo(text: str, *, err: bool = False, indent: str = "") -> None:
    """Print text, wrapped on a terminal; the later lines of each of its lines are indented."""
    click.echo(wrapped(text, width(err=err), indent=indent), err=err)


def echo_labelled(label: str, text: str, color: str) -> None:
    """Print a message to standard error after a coloured word, such as `error: ...`."""
    message = wrapped(f"{label}: {text}", width(err=True))
    shown = click.style(label, fg=color, bold=True) if colored(err=True) else label
    click.echo(shown + message[len(label) :], err=True, color=colored(err=True))


def colored(*, err: bool = False) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR; always under FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return (sys.stderr if err else sys.stdout).isatty()
