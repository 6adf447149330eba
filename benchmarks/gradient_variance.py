"""Variance of the gradients under each estimator, and what it costs in seconds.

    python benchmarks/gradient_variance.py [--table FILE] [--draws 150]

LeNet-5 on Fashion-MNIST, one batch of 128, the weights at the start and after 200 steps: the variance
over draws of the noise, summed over all weights. A method that halves the variance and doubles the
time has gained nothing, since two steps, or two draws, do the same: the last column is variance
times seconds, that of reparameterization being 1.
"""

import argparse
import sys
import time
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
from bnnc.runtime.estimators import KernelLayer, estimator
from bnnc.runtime.estimators.flipout import flipout_noise
from bnnc.runtime.noise import normal, signs
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.runtime.training.differentiation import differentiate

BATCH = 128


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


def antithetic_pairs(pairs: int) -> None:
    """Register draws and mirror images of several pairs, each for a part of the batch."""

    @estimator(f"antithetic_{pairs}", is_weight_draw=True, noise_of_examples="antithetic")
    def estimate(
        layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
    ) -> tf.Tensor:
        shifts = scale * normal([pairs, *mean.shape], key)
        parts = zip(
            tf.split(inputs, 2 * pairs), [*tf.unstack(shifts), *tf.unstack(-shifts)], strict=True
        )
        return layer.biased(tf.concat([layer.op(part, mean + one) for part, one in parts], axis=0))


for _pairs in (2, 4):
    antithetic_pairs(_pairs)


# What a row is called, the estimator, and the draws of a step.
ROWS = (
    ("reparameterization", "reparameterization", 1),
    ("reparameterization, `samples: 4`", "reparameterization", 4),
    ("reparameterization, a draw for each quarter of the batch", "four_sub_batches", 1),
    ("antithetic", "antithetic", 1),
    ("antithetic, two pairs of draws", "antithetic_2", 1),
    ("antithetic, four pairs of draws", "antithetic_4", 1),
    ("flipout", "flipout", 1),
    ("flipout, `samples: 4`", "flipout", 4),
    ("flipout with the paper's second vector of signs", "flipout_both_signs", 1),
    ("local reparameterization", "local_reparameterization", 1),
)


@dataclass(frozen=True)
class Measured:
    """Variance of the gradients by means and by scales, and milliseconds of a step."""

    means: float
    scales: float
    milliseconds: float


def measure(program: Any, batch: Any, method: str, samples: int, draws: int) -> Measured:
    """The gradients of many steps from the same weights, and the time of the faster half."""
    model = program.model
    model.samples = samples
    for layer in model.layers:
        if hasattr(layer, "estimator"):
            layer.estimator = method
    variables = model.trainable_variables
    is_scale = np.concatenate(
        [np.full(int(np.prod(one.shape)), "unconstrained_scale" in one.name) for one in variables]
    )

    @tf.function
    def moments(first: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        total, squares = (tf.zeros([len(is_scale)], tf.float64) for _ in range(2))
        for step in tf.range(first, first + count):
            gradients = differentiate(model, batch[0], batch[1], step)[0]
            flat = tf.concat([tf.reshape(one, [-1]) for one in gradients], axis=0)
            total += tf.cast(flat, tf.float64)
            squares += tf.square(tf.cast(flat, tf.float64))
        return total, squares

    moments(tf.constant(0), tf.constant(1))
    total, squares = (np.zeros(len(is_scale)) for _ in range(2))
    seconds: list[float] = []
    turns, size = 10, draws // 10
    for turn in range(turns):
        began = time.process_time()
        one, square = moments(tf.constant(turn * size), tf.constant(size))
        seconds.append((time.process_time() - began) / size)
        total, squares = total + one.numpy(), squares + square.numpy()
    count = turns * size
    variance = (squares / count - (total / count) ** 2) * count / (count - 1)
    milliseconds = 1000 * float(np.median(seconds))
    return Measured(variance[~is_scale].sum(), variance[is_scale].sum(), milliseconds)


def main() -> None:
    """Measure and print, or write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--table", type=Path, metavar="FILE")
    parser.add_argument("--draws", type=int, default=150)
    arguments = parser.parse_args()
    program = bnnc.compile(spec(Case("step", "reparameterization")))
    rows = program.prepare("fashion-mnist").train
    assert isinstance(rows, ArrayBatches)
    batch = tuple(tf.constant(one[:BATCH]) for one in (rows.images, rows.labels))
    batch = (tf.cast(batch[0], tf.float32), batch[1])
    lines = [
        "# What the estimators' noise costs",
        "",
        f"{machine()} `python benchmarks/gradient_variance.py`: {arguments.draws} draws a row, "
        "milliseconds of CPU time for a step's gradients.",
        "",
        *[line for line in (__doc__ or "").split("\n\n", 2)[2].splitlines() if line],
    ]
    for phase in ("at the start", "after 200 steps"):
        if phase != "at the start":
            program.fit(rows.images[: 200 * BATCH], rows.labels[: 200 * BATCH], epochs=1, verbose=0)
        program.model.bind(rows=rows.rows, batch_size=BATCH)
        found = [measure(program, batch, one, many, arguments.draws) for _, one, many in ROWS]
        program.model.samples = 1
        for layer in program.model.layers:
            if hasattr(layer, "estimator"):
                layer.estimator = "reparameterization"
        lines += [
            "",
            f"Weights {phase}:",
            "",
            "| estimator | variance by means | by scales | ms a step | variance × time |",
            "|---|---|---|---|---|",
        ]
        base = found[0]
        for (called, _, _), one in zip(ROWS, found, strict=True):
            cost = one.means * one.milliseconds / (base.means * base.milliseconds)
            lines.append(
                f"| {called} | {one.means / base.means:.3f} | {one.scales / base.scales:.3f} "
                f"| {one.milliseconds:.1f} | {cost:.2f} |"
            )
    lines += ["", *CONCLUSION.splitlines()]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.table:
        arguments.table.write_text(text, encoding="utf-8")


CONCLUSION = """\
Flipout is the choice where gradients are noisy: for half as much time again as reparameterization,
7 to 25 percent of its variance. The paper's second vector of signs changes the variance by less than
three percent and costs more. Antithetic draws have more noise than flipout in the first steps and as
much of it later, in less time: the lowest product after training has begun. Two pairs of draws help
in the first steps and cost as much later; the method has one. `samples` buys variance at its price:
never more than a longer training. Local reparameterization has the least variance by the scales, and
is the one to choose where they are what is learned too slowly; on a CPU its noise for every output is
dear. Reparameterization has the shortest step, for a posterior so narrow that the batch's own noise
rules."""

if __name__ == "__main__":
    main()
