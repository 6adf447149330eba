"""A plan as a person reads it: its layers in a table, and its totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnnc.compiler.diagnostics.wording import counted
from bnnc.specs.layers.backbone import Backbone
from bnnc.system.table import Table

if TYPE_CHECKING:
    from bnnc.compiler.planning.plan import Plan

COLUMNS = ("layer", "class", "output", "parameters", "posterior", "multiply-adds", "random")


def plan_table(plan: Plan) -> Table:
    """The layers and the totals of a plan."""
    return Table(
        title=f"{plan.name}  {plan.fingerprint[:19]}",
        columns=COLUMNS,
        rows=tuple(rows_of(plan)),
        left=2,
        values=tuple(totals(plan)),
    )


def rows_of(plan: Plan) -> list[tuple[str, ...]]:
    """One row a layer, in the order of `COLUMNS`."""
    return [
        (
            node.name,
            node.keras_class.rpartition(".")[2],
            "×".join(str(size) for size in node.output_shape),
            _count(node.parameters),
            _count(node.posterior),
            _count(node.multiply_adds),
            "yes" if node.stochastic else "",
        )
        for node in plan.nodes
    ]


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
