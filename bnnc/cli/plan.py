"""`bnnc plan`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import prod

import click

from bnnc.cli.specs import accepted, setting_option
from bnnc.cli.terminal import echo, width
from bnnc.compiler import pipeline
from bnnc.compiler.planning import scaling
from bnnc.compiler.planning.plan import COLUMNS, Plan, rows_of, size_text, totals
from bnnc.compiler.planning.provenance import flattened, provenance
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source


@click.command("plan")
@click.argument("spec", metavar="SPEC")
@setting_option("Override a value of the spec.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Show the whole spec too, with where each value comes from: a file and line, a setting, or"
    " the language's default.",
)
@click.option(
    "--workers",
    type=click.IntRange(2, 4096),
    metavar="N",
    help="Show too what N machines have to send to each other in every step.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def command(
    spec: str,
    settings: tuple[Source, ...],
    verbose: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Show the layers of a spec with their shapes, parameters and costs, without TensorFlow."""
    report = accepted(spec, settings)
    plan = pipeline.plan(report)
    values = provenance(report) if verbose else ()
    if as_json:
        document = plan.as_json()
        if verbose:
            document["values"] = [one.as_json() for one in values]
        if workers is not None:
            document["workers"] = scaling.as_json(plan, workers)
        click.echo(json.dumps(document, indent=2))
        return
    show(plan)
    for name, value in () if workers is None else scaling.table_of(plan, workers):
        echo(f"{name:<{_NAMES}}{value}", indent=" " * _NAMES)
    if cache := _of_cache(report):
        echo(f"{'disk cache':<{_NAMES}}{cache}", indent=" " * _NAMES)
    if verbose:
        lines = flattened(values).split("\n")
        click.echo("\n" + "\n".join(_fitting(line, width()) for line in lines))


def _of_cache(report: Report) -> str | None:
    """The size of the decoded training images on disk; None where the spec keeps none there."""
    spec, facts = report.accepted(), report.facts
    if spec.data is None or spec.data.cache is None:
        return None
    if facts is None or facts.rows is None:
        return "a file whose size is not known, as the images are not known yet"
    # The rows that are held out of them by shares are in the file too.
    rows = max(facts.rows, sum(facts.label_counts or ()))
    bits = 8 if facts.dtype in (None, "uint8") else 32
    size = size_text(rows * prod(spec.input.shape) * bits // 8)
    return f"{size} for {rows:,} training images of {bits} bits, where they are streamed"


def show(plan: Plan) -> None:
    """Print the table of a plan and its totals."""
    from rich.console import Console
    from rich.table import Table

    # A pipe has no width of its own: nothing is cut off there.
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 200
    columns = list(zip(COLUMNS, *rows_of(plan), strict=True))
    widths = [max(map(len, column)) for column in columns]
    left_out = []
    # The longest words, which are never broken.
    least = [max(len(word) for name in column for word in _words(name)) for column in columns[:2]]
    for name in _LEFT_OUT_FIRST:
        if console.width - sum(widths[2:]) - _GAP * (len(widths) - 1) >= sum(least):
            break
        place = [title for title, *_ in columns].index(name)
        del columns[place], widths[place]
        left_out.append(name)
    titles, *rows = zip(*columns, strict=True)
    numbers = sum(widths[2:]) + _GAP * (len(widths) - 1)
    names, classes = _shared(console.width - numbers, least, widths)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, title in enumerate(titles):
        is_text = place < 2 or title == "random"
        table.add_column(title, justify="left" if is_text else "right", no_wrap=place > 1)
    for name, class_name, *others in rows:
        table.add_row(broken(name, names), broken(class_name, classes), *others)
    console.print(f"[bold]{plan.name}[/bold]  {plan.fingerprint[:19]}\n")
    console.print(table)
    if left_out:
        echo(f"({' and '.join(left_out)} left out: the terminal is too narrow)")
    console.print()
    for name, value in totals(plan):
        echo(f"{name:<{_NAMES}}{value}", indent=" " * _NAMES)


def _fitting(line: str, columns: int | None) -> str:
    """A line of the spec, whose origin is on the next line where both do not fit."""
    value, mark, origin = line.rpartition("  # ")
    if columns is None or len(line) <= columns or not mark:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return f"{value.rstrip()}\n{indent}# {origin}"


_GAP = 2  # between two columns
_LEFT_OUT_FIRST = ("posterior", "multiply-adds", "output")
_NAMES = 24  # the names of the totals


def _shared(width: int, least: Sequence[int], wanted: Sequence[int]) -> tuple[int, int]:
    """The widths of two columns: what they want, or a fair part of `width`, but never too little.

    Args:
        width: what there is for both.
        least: the least that each must have.
        wanted: what each takes without a break.
    """
    first, second = wanted[:2]
    if first + second > width:
        first = min(first, max(width // 2, width - second))
        first = max(least[0], min(first, width - least[1]))
        second = max(least[1], width - first)
    return first, second


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Z]*[^A-Z_]*_*", name)


def broken(name: str, width: int) -> str:
    """A name on as many lines as it takes, broken where its words begin."""
    lines = [""]
    for word in _words(name):
        for part in [word[at : at + width] for at in range(0, len(word), width)]:
            if len(lines[-1]) + len(part) > width:
                lines.append("")
            lines[-1] += part
    return "\n".join(lines)
