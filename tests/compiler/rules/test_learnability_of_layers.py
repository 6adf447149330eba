"""The BNN5xx rules on layers: dropout, linear ones in a row, normalization."""

from __future__ import annotations

from math import ceil, floor, log
from typing import Any

import pytest

from bnnc.compiler.rules.learnability import (
    bnn507_dropout_drowns_the_signal,
)
from bnnc.specs.applications import application
from tests.support.learnability import ROWS, codes, spec, training


@pytest.mark.parametrize(
    ("rates", "found"),
    [([0.74], []), ([0.75], ["BNN507"]), ([0.5, 0.5], ["BNN507"]), ([0.5, 0.4], [])],
)
def test_dropout_layers_multiply(rates: list[float], found: list[str]) -> None:
    assert bnn507_dropout_drowns_the_signal.LARGEST_INFLATION == 4
    layers: list[dict[str, Any]] = [{"type": "flatten"}]
    for rate in rates:
        layers.append({"type": "dense", "units": 32, "activation": "relu"})
        layers.append({"type": "dropout", "rate": rate})
    layers.append({"type": "dense", "units": 10})
    assert codes(layers=layers, bayesian={"method": "mc_dropout"}) == found


DENSE = {"type": "dense", "units": 10}


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([{"type": "dense", "units": 32}], 1),
        ([{"type": "dense", "units": 32}, {"type": "batch_normalization"}], 1),
        ([{"type": "dense", "units": 32}, {"type": "activation", "activation": "linear"}], 1),
        ([{"type": "dense", "units": 32}, {"type": "dense", "units": 20}], 2),
        ([{"type": "dense", "units": 32}, {"type": "activation", "activation": "relu"}], 0),
        ([{"type": "dense", "units": 32}, {"type": "dropout", "rate": 0.1}], 0),
        ([{"type": "dense", "units": 9}], 0),  # a low-rank factor
    ],
)
def test_linear_layers_in_a_row_are_found(layers: list[dict[str, Any]], found: int) -> None:
    stack = [{"type": "flatten"}, *layers, DENSE]
    assert codes(layers=stack, bayesian={"method": "none"}, prediction={"samples": 1}) == (
        ["BNN510"] * found
    )


def test_a_linear_convolution_before_the_head_is_found_and_a_max_pooling_between_is_none() -> None:
    convolution = {"type": "conv2d", "filters": 8, "kernel_size": 3}
    for between, found in (([], ["BNN510"]), ([{"type": "max_pooling2d"}], [])):
        stack = [convolution, *between, {"type": "flatten"}, DENSE]
        assert codes(layers=stack) == found


def test_batch_normalization_of_one_row_is_found_on_rows_and_not_on_maps() -> None:
    relu = {"type": "dense", "units": 32, "activation": "relu"}
    normalization = {"type": "batch_normalization"}
    single = {"training": training(batch_size=1), "bayesian": {"method": "none"}}
    single["prediction"] = {"samples": 1}
    rows = [{"type": "flatten"}, relu, normalization, DENSE]
    maps = [normalization, {"type": "flatten"}, relu, DENSE]
    assert codes(layers=rows, **single) == ["BNN508"]
    assert codes(layers=maps, **single) == []


DETERMINISTIC: dict[str, Any] = {"bayesian": {"method": "none"}, "prediction": {"samples": 1}}


@pytest.mark.parametrize(("left", "found"), [(0.0999, []), (0.1001, ["BNN511"])])
def test_averages_have_not_arrived_above_their_threshold(left: float, found: list[str]) -> None:
    batches = 10 * ceil(ROWS / 32)
    normalization = {"type": "batch_normalization", "momentum": left ** (1 / batches)}
    layers = [*spec()["layers"][:2], normalization, spec()["layers"][2]]
    assert codes(layers=layers, **DETERMINISTIC) == found
    # Ten times the epochs, or data whose rows nobody knows.
    longer = training(epochs=100)
    assert codes(layers=layers, training=longer, **DETERMINISTIC) == []
    assert codes(layers=layers, data={"source": "some.npz"}, **DETERMINISTIC) == ["BNN260"]


@pytest.mark.parametrize(
    ("backbone", "found"),
    [
        ({"application": "MobileNetV2", "weights": "none"}, ["BNN511"]),
        ({"application": "EfficientNetB0", "weights": "none"}, []),
        ({"application": "VGG16", "weights": "none"}, []),
        ({"application": "MobileNetV2", "weights": "mine.weights.h5"}, []),
        ({"application": "MobileNetV2", "weights": "none", "trainable": False}, ["BNN229"]),
    ],
)
def test_averages_of_a_backbone_have_not_arrived_where_they_begin_anew(
    backbone: dict[str, Any], found: list[str]
) -> None:
    layers = [
        {"type": "up_sampling2d", "size": 4},
        {"type": "backbone", "pooling": "avg", **backbone},
        spec()["layers"][2],
    ]
    assert codes(layers=layers, **DETERMINISTIC) == found


def test_averages_of_a_backbone_come_to_the_least_variance_that_they_are_of() -> None:
    backbone = {"type": "backbone", "application": "MobileNet", "weights": "none", "pooling": "avg"}
    known = application("MobileNet")
    assert known.least_variance < 0.001
    layers = [{"type": "up_sampling2d", "size": 4}, backbone, spec()["layers"][2]]
    batches = ceil(ROWS / 32)
    enough = log(0.1 * known.least_variance) / log(known.momentum) / batches
    for epochs, found in ((floor(enough), ["BNN511"]), (ceil(enough), [])):
        assert codes(layers=layers, training=training(epochs=epochs), **DETERMINISTIC) == found
