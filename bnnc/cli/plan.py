"""`bnnc plan`."""

from __future__ import annotations

import json

import click

from bnnc.cli.specs import accepted, setting_option
from bnnc.compiler import pipeline
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.plan import Plan
from bnnc.compiler.provenance import flattened, provenance
from bnnc.compiler.text.source import Source
from bnnc.specs.layers.backbone import Backbone


@click.command("plan")
@click.argument("spec", metavar="SPEC")
@setting_option("Say a value over what the spec says.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Show the whole spec too, with where each value comes from: a file and line, a setting, or"
    " the language's default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def command(spec: str, settings: tuple[Source, ...], verbose: bool, as_json: bool) -> None:
    """Show the layers of a spec with their shapes, parameters and costs, without TensorFlow."""
    report = accepted(spec, settings)
    plan = pipeline.plan(report)
    values = provenance(report) if verbose else ()
    if as_json:
        document = plan.as_json()
        if verbose:
            document["values"] = [one.as_json() for one in values]
        click.echo(json.dumps(document, indent=2))
        return
    show(plan)
    if verbose:
        click.echo(f"\n{flattened(values)}")


def show(plan: Plan) -> None:
    """Print the table of a plan and its totals."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer")
    table.add_column("class")
    table.add_column("output", justify="right")
    for title in ("parameters", "posterior", "multiply-adds"):
        table.add_column(title, justify="right")
    table.add_column("random")
    for node in plan.nodes:
        table.add_row(
            node.name,
            node.keras_class.rpartition(".")[2],
            "×".join(str(size) for size in node.output_shape),
            _count(node.parameters),
            _count(node.posterior),
            _count(node.multiply_adds),
            "yes" if node.stochastic else "",
        )
    # A pipe has no width of its own: nothing is cut off there.
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 200
    console.print(f"[bold]{plan.name}[/bold]  {plan.fingerprint[:19]}\n")
    console.print(table)
    console.print()
    for name, value in totals(plan):
        console.print(f"{name:<24}{value}")


def totals(plan: Plan) -> list[tuple[str, str]]:
    """Name and value of each total, as a person reads them."""
    lines = [
        ("parameters", f"{plan.parameters:,}, {plan.trainable:,} of them trainable"),
        ("with a posterior", f"{plan.posterior:,} weights"),
        ("multiply-adds", f"{plan.multiply_adds:,} an image and weight draw"),
        ("training memory", f"about {_size(plan.training_bytes)} at batch size {plan.batch_size}"),
    ]
    if plan.members > 1:
        everything = f"{plan.parameters * plan.members:,} parameters in all"
        lines.insert(1, ("members", f"{plan.members}, one trained after the other; {everything}"))
    if plan.first_stochastic is not None:
        lines.append(("first random layer", _first_random(plan, plan.first_stochastic)))
    if plan.posterior:
        lines.append(("KL at the start", _kl(plan)))
    return lines


def _kl(plan: Plan) -> str:
    nats = f"{plan.kl:,.0f} nats"
    sampled = "; in training a Monte Carlo estimate" if plan.kl_is_sampled else ""
    if plan.rows is None:
        return f"{nats}; the rows trained on are not known yet{sampled}"
    each = f"{plan.kl_per_example:,.3g} an example over {plan.rows:,} rows"
    return f"{nats}, {each}{sampled}"


def _first_random(plan: Plan, index: int) -> str:
    first, once = plan.nodes[index].name, plan.run_once
    before = [one for one in plan.nodes if one.multiply_adds and one.name in once]
    if not before:
        return f"{first}; every kernel runs for every draw"
    # A backbone is a node, and has dozens of kernels.
    kernels = [one for one in before if one.keras_class != Backbone.keras_class]
    parts = ["the backbone"] * (len(kernels) < len(before))
    parts += [counted(len(kernels), "kernel")] if kernels else []
    runs = "runs" if len(before) == 1 else "run"
    return f"{first}; before it {' and '.join(parts)} {runs} once for all draws"


def _count(value: int) -> str:
    return f"{value:,}" if value else ""


def _size(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
