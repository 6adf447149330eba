"""The plan: the compiled program before TensorFlow, as values that can be printed.

It must agree with Keras exactly, on every shape and every count.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, prod
from typing import Any

from bnnc.compiler.analysis.budget import step_bytes
from bnnc.compiler.diagnostics.wording import counted
from bnnc.specs.layers import Shape
from bnnc.specs.layers.backbone import Backbone
from bnnc.system.table import Shown, Table


@dataclass(frozen=True, slots=True)
class Node:
    """One layer of the Keras model.

    Attributes:
        name: name of the Keras layer.
        layer: index of the layer among the placed ones (`bnnc.specs.placement`); None for what
            the input or the output section asks for.
        keras_class: class of the layer, with its module.
        inputs: names of the nodes whose outputs it takes.
        input_shape, output_shape: of one example, without the batch; of the first input where
            there are several.
        parameters: all weights, trained or not, as Keras counts them.
        trainable: weights that gradients change.
        posterior: weights with a posterior of their own.
        multiply_adds: of the kernel, for one example and one draw.
        inner_outputs: numbers that a training step holds of layers inside of it, for one example.
        drawn: numbers that a training step draws of its weights, beyond one for each.
        stochastic: whether its output is random at prediction.
        kl: KL(posterior ‖ prior) expected at the start, in nats.
        kl_is_sampled: whether training estimates it by Monte Carlo, having no closed form.
        method: the Bayesian method of the layer; None for a deterministic one.
        method_is_chosen: whether its place chose the method, as under `variational` and `sngp`.
    """

    name: str
    layer: int | None
    keras_class: str
    inputs: tuple[str, ...]
    input_shape: Shape
    output_shape: Shape
    parameters: int
    trainable: int
    posterior: int
    multiply_adds: int
    stochastic: bool
    kl: float
    kl_is_sampled: bool = False
    inner_outputs: int = 0
    drawn: int = 0
    method: str | None = None
    method_is_chosen: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Plan(Shown):
    """The whole model, node by node.

    Attributes:
        rows: rows trained on, N; None where the spec names no data whose rows are known.
        first_stochastic: index of the first node whose output is random at prediction; None for
            a deterministic model.
        members: networks of these nodes; 1 where there is no ensemble.
    """

    name: str
    fingerprint: str
    nodes: tuple[Node, ...]
    first_stochastic: int | None
    batch_size: int
    epochs: int
    rows: int | None
    optimizer_slots: int
    members: int

    def _table(self) -> Table:
        return plan_table(self)

    @property
    def parameters(self) -> int:
        """All weights of one member, trained or not."""
        return sum(node.parameters for node in self.nodes)

    @property
    def trainable(self) -> int:
        """Weights that gradients change."""
        return sum(node.trainable for node in self.nodes)

    @property
    def posterior(self) -> int:
        """Weights with a posterior of their own."""
        return sum(node.posterior for node in self.nodes)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one example and one draw."""
        return sum(node.multiply_adds for node in self.nodes)

    @property
    def run_once(self) -> frozenset[str]:
        """Names of the nodes that nothing random stands before: they run once for all draws."""
        random: set[str] = set()
        for node in self.nodes:
            if node.stochastic or not random.isdisjoint(node.inputs):
                random.add(node.name)
        return frozenset(node.name for node in self.nodes) - random

    @property
    def kl(self) -> float:
        """KL(posterior ‖ prior) of all weights expected at the start, in nats."""
        return sum(node.kl for node in self.nodes)

    @property
    def kl_is_sampled(self) -> bool:
        """Whether training estimates a part of it by Monte Carlo."""
        return any(node.kl_is_sampled for node in self.nodes)

    @property
    def kl_per_example(self) -> float | None:
        """`kl` divided by the rows trained on; None where they are not known."""
        return None if self.rows is None else self.kl / self.rows

    @property
    def steps_per_epoch(self) -> int | None:
        """Training steps of one epoch; None where the rows are not known."""
        return None if self.rows is None else ceil(self.rows / self.batch_size)

    @property
    def training_bytes(self) -> int:
        """Estimate of the memory that a training step holds.

        See `bnnc.compiler.analysis.budget.step_bytes`.
        """
        return step_bytes(
            weights=self.parameters,
            trained=self.trainable,
            slots=self.optimizer_slots,
            batch_size=self.batch_size,
            outputs=sum(prod(node.output_shape) + node.inner_outputs for node in self.nodes),
            drawn=sum(node.drawn for node in self.nodes),
            members=self.members,
        )

    def as_json(self) -> dict[str, Any]:
        """The plan as plain values, with its totals."""
        return {
            **asdict(self),
            "totals": {
                "parameters": self.parameters,
                "parameters_of_all_members": self.parameters * self.members,
                "trainable": self.trainable,
                "posterior": self.posterior,
                "multiply_adds": self.multiply_adds,
                "kl": self.kl,
                "kl_per_example": self.kl_per_example,
                "training_bytes": self.training_bytes,
            },
        }


_MOST_NAMES = 4  # of layers, in a line
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


def _an_example(plan: Plan) -> str:
    return "a row" if len(plan.nodes[0].output_shape) == 1 else "an image"


def totals(plan: Plan) -> list[tuple[str, str]]:
    """Name and value of each total, as a person reads them."""
    lines = [
        ("parameters", f"{plan.parameters:,}, {plan.trainable:,} of them trainable"),
        ("with a posterior", f"{plan.posterior:,} weights"),
        ("multiply-adds", f"{plan.multiply_adds:,} {_an_example(plan)} and weight draw"),
        (
            "training memory",
            f"about {size_text(plan.training_bytes)} at batch size {plan.batch_size}",
        ),
    ]
    if plan.members > 1:
        everything = f"{plan.parameters * plan.members:,} parameters in all"
        lines.insert(1, ("members", f"{plan.members}, one trained after the other; {everything}"))
    if any(node.method_is_chosen for node in plan.nodes):
        lines.append(("methods", _methods(plan)))
    if plan.first_stochastic is not None:
        lines.append(("first random layer", _first_random(plan, plan.first_stochastic)))
    if plan.posterior:
        lines.append(("KL at the start", _kl(plan)))
    return lines


def _methods(plan: Plan) -> str:
    """The method of each layer, as in "antithetic for conv2d, local_reparameterization for head"."""
    layers: dict[str, list[str]] = {}
    for node in plan.nodes:
        if node.method is not None:
            layers.setdefault(node.method, []).append(node.name)
    return "; ".join(f"{method} for {_some(names)}" for method, names in layers.items())


def _some(names: list[str]) -> str:
    if len(names) > _MOST_NAMES + 1:
        names = [*names[:_MOST_NAMES], counted(len(names) - _MOST_NAMES, "other layer")]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


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


def size_text(size: float) -> str:
    """Bytes as a person reads them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
