"""The activations that the output comes out of, where the layers end in a block."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest

from bnnc.compiler.analysis.output_branches import SUM, OutputBranch, output_branches
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from bnnc.specs.activations import ACTIVATIONS, Range
from bnnc.specs.placement import place
from tests.generated.layers import section

CLASSES = "categorical, classes: 10, labels: integer"
LABELS = "independent_bernoulli, classes: 10, labels: multi_hot"
COUNT = "poisson, labels: count"
REAL = "normal, labels: real"


def dense(units: int, activation: str = "linear") -> str:
    return f"{{type: dense, units: {units}, activation: {activation}}}"


def side_by_side(*branches: str, merge: str = "concatenate") -> str:
    each = ", ".join(f"[{one}]" for one in branches)
    return f"{{type: parallel, merge: {merge}, branches: [{each}]}}"


def added(*branches: str) -> str:
    return side_by_side(*branches, merge="add")


def codes(layers: tuple[str, ...], distribution: str, parameterization: str) -> list[str]:
    stack = "".join(f"  - {one}\n" for one in ("{type: flatten}", *layers))
    return [
        one.code
        for one in check(
            Source(
                "endings.yaml",
                f"bnnc: 1\nname: endings\ninput: {{shape: [4, 4, 1]}}\nlayers:\n{stack}output: "
                f"{{distribution: {distribution}, parameterization: {parameterization}}}\n",
            )
        ).diagnostics
    ]


SOFTMAX, SIGMOID, RELU = dense(5, "softmax"), dense(5, "sigmoid"), dense(10, "relu")
LINEAR, BEHIND = dense(5), "{type: activation, activation: softmax}"
AS_IT_IS = "{type: flatten}"


@pytest.mark.parametrize(
    ("layers", "distribution", "parameterization", "found"),
    [
        ((side_by_side(LINEAR, LINEAR),), CLASSES, "logits", []),
        ((side_by_side(SOFTMAX, SOFTMAX),), CLASSES, "logits", ["BNN301", "BNN301"]),
        ((side_by_side(LINEAR, SOFTMAX),), CLASSES, "logits", ["BNN301"]),
        ((side_by_side(LINEAR, SIGMOID),), CLASSES, "logits", ["BNN302"]),
        ((side_by_side(dense(5, "tanh"), SIGMOID),), CLASSES, "logits", ["BNN303", "BNN302"]),
        ((side_by_side(LINEAR, side_by_side(dense(2, "relu"), dense(3))),), CLASSES, "logits", ["BNN303"]),
        ((side_by_side(LINEAR, SOFTMAX), AS_IT_IS), CLASSES, "logits", ["BNN301"]),
        ((side_by_side(SOFTMAX, SOFTMAX),), CLASSES, "probs", ["BNN350"]),
        ((side_by_side(LINEAR, LINEAR),), CLASSES, "probs", ["BNN350"]),
        ((side_by_side(SIGMOID, dense(5, "relu")),), CLASSES, "probs", ["BNN350"]),
        ((side_by_side(LINEAR, LINEAR), BEHIND), CLASSES, "probs", []),
        ((side_by_side(LINEAR, SOFTMAX), BEHIND), CLASSES, "probs", ["BNN319"]),
        ((side_by_side(SIGMOID, SIGMOID),), LABELS, "probs", []),
        ((side_by_side(SIGMOID, LINEAR),), LABELS, "probs", ["BNN304"]),
        ((side_by_side(SIGMOID, SOFTMAX),), LABELS, "probs", ["BNN326"]),
        ((side_by_side(dense(1), dense(1, "softplus")),), REAL, "loc_and_unconstrained_scale", ["BNN327"]),
        ((added(dense(10), RELU),), CLASSES, "logits", []),
        ((added(RELU, RELU),), CLASSES, "logits", ["BNN351"]),
        ((added(RELU, dense(10, "leaky_relu")),), CLASSES, "logits", []),
        ((added(RELU, added(RELU, dense(10))),), CLASSES, "logits", []),
        ((added(RELU, dense(10, "log_sigmoid")),), CLASSES, "logits", []),
        ((added(dense(10, "sigmoid"), dense(10, "log_sigmoid")),), CLASSES, "logits", ["BNN351"]),
        ((added(RELU, RELU),), CLASSES, "probs", ["BNN351"]),
        ((added(dense(10), RELU),), CLASSES, "probs", ["BNN304"]),
        ((added(RELU, RELU), BEHIND), CLASSES, "probs", ["BNN319"]),
        ((added(dense(10), RELU), BEHIND), CLASSES, "probs", []),
        ((RELU, f"{{type: residual, body: [{dense(10)}]}}"), CLASSES, "logits", []),
        ((RELU, f"{{type: residual, body: [{RELU}]}}"), CLASSES, "logits", ["BNN351"]),
        ((f"{{type: residual, shortcut: projection, body: [{RELU}]}}",), CLASSES, "logits", []),
        ((f"{{type: residual, shortcut: projection, activation: softmax, body: [{RELU}]}}",), CLASSES, "logits", ["BNN301"]),
        ((f"{{type: residual, shortcut: projection, activation: softmax, body: [{RELU}]}}",), CLASSES, "probs", []),
        ((side_by_side(added(dense(5, "relu"), SIGMOID), LINEAR),), CLASSES, "logits", ["BNN351"]),
        ((added(dense(1, "softplus"), dense(1, "relu")),), COUNT, "rate", []),
        ((added(dense(1, "softplus"), dense(1, "tanh")),), COUNT, "rate", ["BNN351"]),
        ((added(dense(1, "relu"), dense(1, "relu")),), COUNT, "rate", ["BNN351"]),
        ((added(dense(1, "softplus"), dense(1)),), COUNT, "rate", ["BNN329"]),
        ((added(dense(1, "softplus"), dense(1, "relu")),), COUNT, "log_rate", ["BNN351"]),
        ((added(dense(1, "tanh"), dense(1, "tanh")),), f"{REAL}, scale: learned", "loc", ["BNN351"]),
        # What is wrong with a branch's layer is said, and nothing of where the output comes from.
        ((added(RELU, dense(10, "rleu")),), CLASSES, "logits", ["BNN104"]),
        ((side_by_side(SOFTMAX, "{type: dense}"),), CLASSES, "logits", ["BNN103"]),
    ],
)  # fmt: skip
def test_each_branch_at_the_output_is_told_what_it_gives(
    layers: tuple[str, ...], distribution: str, parameterization: str, found: list[str]
) -> None:
    assert codes(layers, distribution, parameterization) == found


def test_an_exponential_at_the_end_of_a_branch_is_not_inside_the_stack() -> None:
    image = dense(4, "exponential")
    assert codes((side_by_side(image, dense(6, "sigmoid")),), LABELS, "probs") == ["BNN307"]
    assert codes((side_by_side(image, dense(6)), dense(10)), LABELS, "logits") == ["BNN343"]


def test_dropout_in_one_branch_is_not_behind_the_softmax_of_another() -> None:
    dropped = f"{{type: dropout, rate: 0.5}}, {SIGMOID}"
    assert codes((dense(8, "relu"), side_by_side(SIGMOID, dropped)), LABELS, "probs") == []
    behind = f"{SIGMOID}, {{type: dropout, rate: 0.5}}"
    assert codes((side_by_side(SIGMOID, behind),), LABELS, "probs") == ["BNN322"]


over_activations = pytest.mark.parametrize(("activation", "numbers"), ACTIVATIONS.items())


def outputs_of(activation: str, inputs: Any) -> Any:
    """What Keras's activation gives on a first channel, the second being 0."""
    both = np.stack([inputs, np.zeros_like(inputs)], axis=-1)
    return np.asarray(keras.activations.get(activation)(both))[:, 0]


@over_activations
def test_the_bounds_of_an_activation_are_those_of_kerass_outputs(
    activation: str, numbers: Range
) -> None:
    outputs = outputs_of(activation, np.linspace(-1e4, 80.0, 300_001, dtype=np.float32))
    # No bound of the table is as far from 0, and softsign is within 1 / 80 of its own at 80.
    least = outputs.min() if outputs.min() > -100 else -np.inf
    greatest = outputs.max() if outputs.max() < 50 else np.inf
    assert (least, greatest) == pytest.approx((numbers.least, numbers.greatest), abs=1 / 80)


@over_activations
def test_an_activation_attains_its_lower_bound_where_the_table_says_so(
    activation: str, numbers: Range
) -> None:
    inputs = np.linspace(-15.0, 15.0, 3001)  # in float64, where no sigmoid is rounded to 0 yet
    outputs = outputs_of(activation, inputs)
    lowest = np.flatnonzero(outputs == outputs.min())
    # A bound that is only approached is nearest at the first input, and nowhere else.
    assert (numbers.is_bounded_below and lowest.tolist() != [0]) == numbers.attained
    if numbers.over_one_channel is None:
        flat = len(lowest) > 1
        assert (numbers.flat_below is not None) == flat
        assert not flat or inputs[lowest[-1]] == pytest.approx(numbers.flat_below, abs=0.02)


@over_activations
def test_an_activation_over_channels_is_constant_over_one_and_sums_as_the_table_says(
    activation: str, numbers: Range
) -> None:
    inputs = np.random.default_rng(0).normal(scale=3, size=(20, 4))
    function = keras.activations.get(activation)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using a softmax over axis -1")
        alone = np.asarray(function(inputs[:, :1]))
    assert np.allclose(alone, alone[0]) == (numbers.over_one_channel is not None)
    assert numbers.over_one_channel is None or np.allclose(alone, numbers.over_one_channel)
    assert np.allclose(np.asarray(function(inputs)).sum(axis=-1), 1) == numbers.sums_to_one


def endings_of(*layers: dict[str, Any]) -> tuple[OutputBranch, ...]:
    placed = place([section(one) for one in layers])
    return output_branches(placed, placed[-1])


def test_images_that_reach_the_output_are_any_number() -> None:
    dropout = {"type": "dropout", "rate": 0.5}
    relu = {"type": "dense", "units": 4, "activation": "relu"}
    for body in (dropout, relu):
        (ending,) = endings_of({"type": "residual", "body": [body]})
        assert ending.activation == "linear"
    both = endings_of({"type": "parallel", "branches": [[relu], []]})
    assert [one.activation for one in both] == ["relu", "linear"]


@pytest.mark.parametrize("merge", ["add", "concatenate"])
def test_ways_that_double_with_every_block_are_walked_once(merge: str) -> None:
    both = {"type": "parallel", "merge": merge, "branches": [[], []]}
    relu = {"type": "dense", "units": 4, "activation": "relu"}
    (ending,) = endings_of(relu, *[both] * 1000)
    assert ending.activation == (SUM if merge == "add" else "relu")
    assert {one.activation for one in ending.terms or (ending,)} == {"relu"}
