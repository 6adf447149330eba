"""Variance of the gradients under each estimator, and what it costs in seconds.

    python benchmarks/gradient_variance.py [--table FILE] [--draws 150] [--nets lenet5 dense ...]

Networks on Fashion-MNIST, one batch, the weights at the start and after 200 steps: the variance over
draws of the noise, summed over all weights. A method that halves the variance and doubles the time
has gained nothing, since two steps, or two draws, do the same: the last column is variance by the
means times seconds, that of reparameterization being 1. The estimators take turns, so that each has
the machine at its best and at its worst. At the end, networks of few inputs, which flipout suits less.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

import numpy as np
import tensorflow as tf

import bnnc
from benchmarks.racing.machine import machine
from benchmarks.racing.nets import Case
from benchmarks.racing.ours import spec
from bnnc.runtime.estimators import ESTIMATORS, KernelLayer, estimator
from bnnc.runtime.estimators.flipout import flipout_noise
from bnnc.runtime.noise import normal, signs
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.runtime.training.differentiation import differentiate

STEPS = 200
TURNS = 10


@estimator("flipout_both_signs", is_weight_draw=True, noise_of_examples="independent")
def both_signs(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Flipout as the paper has it: op(inputs, mean) + op(inputs * in, perturbation) * out."""
    noise, sign_in = flipout_noise(layer, inputs, mean, key)
    flipped = layer.op(inputs * sign_in, scale * noise)
    shape = [tf.shape(inputs)[0], *[1] * (inputs.shape.rank - 2), flipped.shape[-1]]
    sign_out = signs(tf.stack(shape), tf.random.fold_in(key, 1))
    return layer.biased(layer.op(inputs, mean) + flipped * sign_out)


@estimator("four_sub_batches", is_weight_draw=True, noise_of_examples="shared")
def four_sub_batches(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Four draws, each of which a quarter of the batch meets."""
    noise = normal([4, *mean.shape], key)
    parts = tf.split(inputs, 4)
    drawn = [
        layer.op(part, mean + scale * one)
        for part, one in zip(parts, tf.unstack(noise), strict=True)
    ]
    return layer.biased(tf.concat(drawn, axis=0))


@estimator("by_kind", is_weight_draw=False, noise_of_examples="independent")
def by_kind(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Local reparameterization where it is exact, antithetic draws elsewhere."""
    name = "antithetic" if layer.positions_share_kernel(inputs) else "local_reparameterization"
    return ESTIMATORS[name].estimate(layer, inputs, mean, scale, key)


@dataclass(frozen=True)
class Row:
    """What a row is called, the estimator, its pairs, and the draws of a step."""

    called: str
    estimator: str
    pairs: int = 1
    samples: int = 1


ROWS = (
    Row("reparameterization", "reparameterization"),
    Row("antithetic", "antithetic"),
    Row("antithetic, `pairs: 2`", "antithetic", pairs=2),
    Row("antithetic, `pairs: 4`", "antithetic", pairs=4),
    Row("flipout", "flipout"),
    Row("local reparameterization", "local_reparameterization"),
    Row("antithetic on convolutions, local reparameterization on dense layers", "by_kind"),
)
MORE_ROWS = (
    Row("reparameterization, `samples: 4`", "reparameterization", samples=4),
    Row("reparameterization, a draw for each quarter of the batch", "four_sub_batches"),
    Row("flipout, `samples: 4`", "flipout", samples=4),
    Row("flipout with the paper's second vector of signs", "flipout_both_signs"),
)
SIGNS = (ROWS[4], MORE_ROWS[-1])
OF_SCALES = "_unconstrained_scale"
FEW_INPUTS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Net:
    """A network: what it is called, its layers in the language, rows of a batch, and its rows here."""

    title: str
    layers: list[dict[str, Any]]
    batch: int
    rows: tuple[Row, ...] = ROWS


def residual_layers(*, normalized: bool) -> list[dict[str, Any]]:
    """The layers of ResNet-20, in the language, with batch normalization or without it."""
    convolution = {"type": "conv2d", "kernel_size": 3, "padding": "same"}
    norm = [{"type": "batch_normalization"}] if normalized else []
    relu = {"type": "activation", "activation": "relu"}
    layers: list[dict[str, Any]] = [{**convolution, "filters": 16}, *norm, relu]
    for stage in range(3):
        for block in range(3):
            first = stage > 0 and block == 0
            one = {**convolution, "filters": 16 * 2**stage}
            body = [{**one, "strides": 2 if first else 1}, *norm, relu, one, *norm]
            shortcut = "projection" if first else "identity"
            layers += [{"type": "residual", "body": body, "shortcut": shortcut}, relu]
    return [*layers, {"type": "global_average_pooling2d"}, {"type": "dense", "units": 10}]


def nets() -> dict[str, Net]:
    """The networks by name."""
    hidden = {"type": "dense", "units": 400, "activation": "relu"}
    lenet5 = spec(Case("step", "reparameterization"))["layers"]
    dense: list[dict[str, Any]] = [
        {"type": "flatten"},
        hidden,
        hidden,
        {"type": "dense", "units": 10},
    ]
    return {
        "lenet5": Net("LeNet-5, batches of 128", lenet5, 128, (*ROWS, *MORE_ROWS)),
        "dense": Net("784-400-400-10, dense, batches of 128", dense, 128),
        "resnet20": Net("ResNet-20, batches of 32", residual_layers(normalized=True), 32),
        "resnet20_plain": Net(
            "ResNet-20 without batch normalization, batches of 32",
            residual_layers(normalized=False),
            32,
        ),
    }


class Moments:
    """Sums over draws of the gradients under one row, their squares, and the time of a step."""

    def __init__(self, model: Any, batch: Any, row: Row) -> None:
        variables = model.trainable_variables
        self._sizes = [(one.path, int(np.prod(one.shape))) for one in variables]
        self._seconds: list[float] = []
        self._totals: list[Any] = [np.zeros(self._size) for _ in range(2)]
        self._count = 0
        choose(model, row)
        self._run = self._traced(model, batch)
        self._run(tf.constant(0), tf.constant(1))

    def _traced(self, model: Any, batch: Any) -> Callable[..., Any]:
        # As many rows as any batch: the last one of an epoch has fewer.
        types = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in batch]
        number = tf.TensorSpec([], tf.int32)

        size = self._size

        @tf.function(input_signature=[*types, number, number])
        def moments(images: Any, labels: Any, first: tf.Tensor, count: tf.Tensor) -> Any:
            total, squares = (tf.zeros([size], tf.float64) for _ in range(2))
            for step in tf.range(first, first + count):
                gradients = differentiate(model, images, labels, step)[0]
                flat = tf.concat([tf.reshape(one, [-1]) for one in gradients], axis=0)
                total += tf.cast(flat, tf.float64)
                squares += tf.square(tf.cast(flat, tf.float64))
            return total, squares

        return lambda first, count: moments(*batch, first, count)

    def draw(self, count: int) -> None:
        """Take so many draws more."""
        began = time.process_time()
        found = self._run(tf.constant(self._count), tf.constant(count))
        self._seconds.append((time.process_time() - began) / count)
        self._totals = [one + more.numpy() for one, more in zip(self._totals, found, strict=True)]
        self._count += count

    @property
    def _size(self) -> int:
        return sum(size for _, size in self._sizes)

    @property
    def milliseconds(self) -> float:
        """Of a step, the median over the turns."""
        return 1000 * float(np.median(self._seconds))

    def variance(self, of: str, *, unlike: bool = False) -> float:
        """Sum over the weights whose name ends like this, or does not."""
        total, squares = (one / self._count for one in self._totals)
        variance = (squares - total**2) * self._count / (self._count - 1)
        meant = [np.full(size, path.endswith(of) != unlike) for path, size in self._sizes]
        return float(variance[np.concatenate(meant)].sum())


def choose(model: Any, row: Row) -> None:
    """Give all layers the estimator of a row."""
    model.samples = row.samples
    for layer in model.layers:
        if hasattr(layer, "estimator"):
            layer.estimator, layer.pairs = row.estimator, row.pairs


def measure(program: Any, batch: Any, rows: Sequence[Row], draws: int) -> list[Moments]:
    """Measure every row at the same weights, the rows in turn."""
    program.model.bind(rows=60_000, batch_size=len(batch[0]))
    found = [Moments(program.model, batch, row) for row in rows]
    for _ in range(TURNS):
        for one in found:
            one.draw(draws // TURNS)
    choose(program.model, ROWS[0])
    return found


def of_net(net: Net, draws: int) -> list[str]:
    """The tables of a network."""
    made = spec(Case("step", "reparameterization", batch=net.batch)) | {"layers": net.layers}
    program = bnnc.compile(made)
    rows = program.prepare("fashion-mnist").train
    assert isinstance(rows, ArrayBatches)
    images, labels = (tf.constant(one[: net.batch]) for one in (rows.images, rows.labels))
    batch = tf.cast(images, tf.float32), labels
    lines = [f"## {net.title}"]
    for phase in ("at the start", f"after {STEPS} steps"):
        if phase != "at the start":
            seen = STEPS * net.batch
            program.fit(rows.images[:seen], rows.labels[:seen], epochs=1, verbose=0)
        found = measure(program, batch, net.rows, draws)
        lines += [
            "",
            f"Weights {phase}:",
            "",
            "| estimator | variance by means | by scales | ms a step | variance × time |",
            "|---|---|---|---|---|",
        ]
        means = [one.variance(OF_SCALES, unlike=True) for one in found]
        scales = [one.variance(OF_SCALES) for one in found]
        for index, row in enumerate(net.rows):
            share = means[index] / means[0]
            cost = share * found[index].milliseconds / found[0].milliseconds
            lines.append(
                f"| {row.called} | {share:.3f} | {scales[index] / scales[0]:.3f} "
                f"| {found[index].milliseconds:.1f} | {cost:.2f} |"
            )
    return lines


def of_few_inputs(draws: int) -> list[str]:
    """The table of networks with few inputs: flipout's one vector of signs against two."""
    lines = [
        "## Few inputs",
        "",
        f"A hidden layer of 50 units, a normal output, batches of 128, {draws} draws: the variance "
        "of the gradient by the scales of the hidden layer under flipout, divided by that with the "
        "paper's second vector of signs.",
        "",
        "| inputs | at the start | after 1,000 steps |",
        "|---|---|---|",
    ]
    for inputs in FEW_INPUTS:
        generator = np.random.default_rng(0)
        rows = generator.normal(size=(STEPS * 128, inputs)).astype(np.float32)
        labels = np.tanh(rows).sum(1) / inputs**0.5 + 0.1 * generator.normal(size=len(rows))
        labels = labels.astype(np.float32)
        normal_output = {"distribution": "normal", "parameterization": "loc", "scale": 0.1}
        program = bnnc.compile(
            {
                "bnnc": 1,
                "name": "few-inputs",
                "input": {"shape": [inputs]},
                "layers": [
                    {"type": "dense", "units": 50, "activation": "tanh", "name": "hidden"},
                    {"type": "dense", "units": 1},
                ],
                "bayesian": {"method": "flipout", "posterior": {"initial_scale": 0.1}},
                "output": {**normal_output, "labels": "real"},
                "training": {
                    "batch_size": 128,
                    "optimizer": {"type": "adam", "learning_rate": 0.01},
                },
            }
        )
        batch = tf.constant(rows[:128]), tf.constant(labels[:128])
        ratios = []
        for epochs in (0, 5):
            if epochs:
                program.fit(rows, labels, epochs=epochs, verbose=0)
            one, two = (
                found.variance(f"hidden/kernel{OF_SCALES}")
                for found in measure(program, batch, SIGNS, draws)
            )
            ratios.append(one / two)
        lines.append(f"| {inputs} | " + " | ".join(f"{one:.2f}" for one in ratios) + " |")
    return lines


def main() -> None:
    """Measure and print, or write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--table", type=Path, metavar="FILE")
    parser.add_argument("--draws", type=int, default=150)
    parser.add_argument("--nets", nargs="*", choices=nets(), default=list(nets()))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", bnnc.SpecWarning)  # of trainings that are too short to learn
    draws = max(arguments.draws, 2 * TURNS)
    lines = [
        "# What the estimators' noise costs",
        "",
        f"{machine()} `python benchmarks/gradient_variance.py --draws {draws}`: that many draws a "
        "row, milliseconds of CPU time for a step's gradients, other work on the machine.",
        "",
        *[line for line in (__doc__ or "").split("\n\n", 2)[2].splitlines() if line],
    ]
    for name in arguments.nets:
        lines += ["", *of_net(nets()[name], draws)]
    lines += ["", *of_few_inputs(20 * draws), "", *CONCLUSION.splitlines()]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.table:
        arguments.table.write_text(text, encoding="utf-8")


CONCLUSION = """\
Of networks without batch normalization, antithetic draws have the variance of flipout once training
has begun, in less time; in the first steps flipout has less noise. One pair is the default: two help in
the first steps of LeNet-5, and nowhere later does a second pair pay for its smaller operations. The
lowest product has each layer under the estimator that suits it: local reparameterization on dense
layers, where it is exact and its noise is small, and antithetic draws on convolutions.

With batch normalization (ResNet-20) it is the other way round, at weights trained by
reparameterization: the statistics of a batch whose rows have several draws hold the noise of all of
them, and flipout and antithetic draws have more than twice the variance of one draw for all rows.
There reparameterization is the choice by time, and local reparameterization by variance alone.

With many inputs, the paper's second vector of signs changes flipout's variance by less than three
percent and costs more. With one input the perturbations of two units have the same product in all
rows without it, and few values with two: the gradient by the scales of a wide layer has nearly twice
the variance. `samples` buys variance at its price: never more than a longer
training. Local reparameterization has the least variance by the scales, and is the one to choose where
they are what is learned too slowly; on a CPU its noise for every output of a convolution is dear."""

if __name__ == "__main__":
    main()
