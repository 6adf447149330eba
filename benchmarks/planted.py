"""Faults planted into right specs and right data, for `benchmarks/doctor.py`.

Every fault changes the spec, the data, or both, in one way that people do. The spec that it is
planted into is drawn by the seed: the data, the network, the method.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Spec = dict[str, Any]

VARIATIONAL = ("flipout", "reparameterization", "local_reparameterization")
METHODS = (*VARIATIONAL, "none", "mc_dropout")


@dataclass
class Data:
    """Images and labels of a training and of its test."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        name: what is wrong, in a few words.
        codes: the findings that name it.
        change: changes the spec and the data.
        methods: the methods that it can be planted into.
    """

    name: str
    codes: tuple[str, ...]
    change: Callable[[Spec, Data, random.Random], None]
    methods: tuple[str, ...] = METHODS


def base(draw: random.Random, source: str, methods: tuple[str, ...] = METHODS) -> Spec:
    """A spec that trains well on digits or on a part of Fashion-MNIST."""
    method = draw.choice(methods)
    is_digits = source == "digits"
    activation = draw.choice(("relu", "relu", "elu"))
    layers: list[Spec] = []
    if draw.random() < 0.6:
        layers.append(
            {
                "type": "conv2d",
                "filters": draw.choice((8, 16)),
                "kernel_size": 3 if is_digits else 5,
                "activation": activation,
            }
        )
        if not is_digits:
            layers.append({"type": "max_pooling2d"})
    layers.append({"type": "flatten"})
    for _ in range(draw.choice((1, 2))):
        layers.append({"type": "dense", "units": draw.choice((32, 64)), "activation": activation})
        if method == "mc_dropout":
            layers.append({"type": "dropout", "rate": 0.2})
    layers.append({"type": "dense", "units": 10})
    return {
        "bnnc": 1,
        "name": "planted",
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]}
        if is_digits
        else {"shape": [28, 28, 1]},
        "layers": layers,
        "bayesian": {"method": method},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {
            "optimizer": {"type": "adam", "learning_rate": 0.002},
            "batch_size": 32,
            "epochs": 15 if is_digits else 8,
            "seed": draw.randrange(1000),
        },
        "prediction": {"samples": 1 if method == "none" else 32},
        "data": {"source": source, "validation_split": draw.choice((0, 0.15))},
    }


def optimizer(spec: Spec) -> Spec:
    """The section of the optimizer."""
    section: Spec = spec["training"]["optimizer"]
    return section


# Data.


def shuffled_labels(spec: Spec, data: Data, draw: random.Random) -> None:
    """The training labels in a random order."""
    order = np.random.default_rng(draw.randrange(2**31)).permutation(len(data.y_train))
    data.y_train = data.y_train[order]


def shuffled_test_labels(spec: Spec, data: Data, draw: random.Random) -> None:
    """The test labels in a random order."""
    spec["data"]["validation_split"] = 0
    order = np.random.default_rng(draw.randrange(2**31)).permutation(len(data.y_test))
    data.y_test = data.y_test[order]


def other_class_order(spec: Spec, data: Data, draw: random.Random) -> None:
    """Test classes that are numbered otherwise."""
    spec["data"]["validation_split"] = 0
    names = np.array(draw.sample(range(10), 10))
    while np.mean(names == np.arange(10)) > 0.3:
        names = np.array(draw.sample(range(10), 10))
    data.y_test = names[data.y_test]


def tiny_values(spec: Spec, data: Data, draw: random.Random) -> None:
    """Images of small values under the range of 16-bit images."""
    top = spec["input"].get("value_range", [0, 255])[1]
    data.x_train = (data.x_train / top * 2000).astype(np.uint16)
    data.x_test = (data.x_test / top * 2000).astype(np.uint16)
    spec["input"]["value_range"] = [0, 65535]


def unscaled_values(spec: Spec, data: Data, draw: random.Random) -> None:
    """A mean and a standard deviation that are those of other data."""
    spec["input"] |= {"mean": [0.5], "std": [draw.choice((0.004, 0.002))]}


def leak(spec: Spec, data: Data, draw: random.Random) -> None:
    """Half of the test images are training images."""
    spec["data"]["validation_split"] = 0
    count = len(data.x_test) // 2
    data.x_test = np.concatenate([data.x_test[:count], data.x_train[:count]])
    data.y_test = np.concatenate([data.y_test[:count], data.y_train[:count]])


def rare_class(spec: Spec, data: Data, draw: random.Random) -> None:
    """A class of which a handful of images is trained on."""
    spec["data"]["validation_split"] = 0
    rare = draw.randrange(10)
    of_class = np.flatnonzero(data.y_train == rare)
    kept = np.setdiff1d(np.arange(len(data.y_train)), of_class[draw.choice((0, 1, 2)) :])
    data.x_train, data.y_train = data.x_train[kept], data.y_train[kept]


def shifted_test(spec: Spec, data: Data, draw: random.Random) -> None:
    """Test images that are inverted or dark."""
    spec["data"]["validation_split"] = 0
    top = spec["input"].get("value_range", [0, 255])[1]
    if draw.random() < 0.5:
        data.x_test = (top - data.x_test).astype(data.x_test.dtype)
    else:
        data.x_test = (data.x_test * 0.3).astype(data.x_test.dtype)


# Optimisation.


def high_rate(spec: Spec, data: Data, draw: random.Random) -> None:
    """A learning rate 50 to 250 times too high, of Adam."""
    optimizer(spec)["learning_rate"] = draw.choice((0.1, 0.2, 0.5))


def high_rate_of_sgd(spec: Spec, data: Data, draw: random.Random) -> None:
    """A learning rate too high for SGD with momentum."""
    spec["training"]["optimizer"] = {
        "type": "sgd",
        "learning_rate": draw.choice((1.0, 2.0)),
        "momentum": 0.9,
    }


def low_rate(spec: Spec, data: Data, draw: random.Random) -> None:
    """A learning rate 200 to 2,000 times too low, of Adam."""
    optimizer(spec)["learning_rate"] = draw.choice((1e-5, 2e-6, 1e-6))


def low_rate_of_sgd(spec: Spec, data: Data, draw: random.Random) -> None:
    """A learning rate too low for SGD."""
    spec["training"]["optimizer"] = {"type": "sgd", "learning_rate": draw.choice((1e-4, 1e-5))}


def one_epoch(spec: Spec, data: Data, draw: random.Random) -> None:
    """One epoch of few, small steps."""
    spec["training"]["epochs"] = 1
    spec["training"]["batch_size"] = 128
    optimizer(spec)["learning_rate"] = 0.0005


def overfitting(spec: Spec, data: Data, draw: random.Random) -> None:
    """Few rows, a large network, many epochs, nothing that holds it back."""
    rows = 400 if spec["data"]["source"] == "digits" else 600
    data.x_train, data.y_train = data.x_train[:rows], data.y_train[:rows].copy()
    generator = np.random.default_rng(draw.randrange(2**31))
    wrong = generator.random(rows) < 0.15
    data.y_train[wrong] = generator.integers(0, 10, int(wrong.sum()))
    spec["data"]["validation_split"] = 0.25
    spec["training"]["epochs"] = 60
    for layer in spec["layers"]:
        if layer["type"] == "dense" and layer["units"] != 10:
            layer["units"] = 256


def exploding(spec: Spec, data: Data, draw: random.Random) -> None:
    """Steps after which weights are not finite."""
    spec["training"]["optimizer"] = {"type": "sgd", "learning_rate": draw.choice((30.0, 100.0))}
    for layer in spec["layers"]:
        if layer.get("activation"):
            layer["activation"] = "relu"


def deep_sigmoid(spec: Spec, data: Data, draw: random.Random) -> None:
    """Many layers of sigmoids."""
    spec["bayesian"] = {"method": "none"}
    hidden = {"type": "dense", "units": 64, "activation": "sigmoid"}
    spec["layers"] = [
        {"type": "flatten"},
        *[dict(hidden) for _ in range(draw.choice((8, 10)))],
        {"type": "dense", "units": 10},
    ]
    spec["training"]["optimizer"] = {"type": "sgd", "learning_rate": 0.05}
    spec["prediction"]["samples"] = 1


def saturated(spec: Spec, data: Data, draw: random.Random) -> None:
    """Bounded activations over inputs that are not scaled."""
    for layer in spec["layers"]:
        if layer.get("activation"):
            layer["activation"] = draw.choice(("tanh", "sigmoid"))
    unscaled_values(spec, data, draw)


def late_statistics(spec: Spec, data: Data, draw: random.Random) -> None:
    """Batch statistics that take thousands of steps to arrive."""
    spec["layers"].insert(-1, {"type": "batch_normalization", "momentum": 0.9999})
    spec["training"]["epochs"] = 5


# Posteriors.


def heavy_kl(spec: Spec, data: Data, draw: random.Random) -> None:
    """A KL that weighs 30 or 100 times its weight in the ELBO."""
    spec["loss"] = {"kl": {"temperature": draw.choice((30, 100))}}
    spec["bayesian"]["prior"] = {"scale": 0.1}


def narrow_prior(spec: Spec, data: Data, draw: random.Random) -> None:
    """A prior far narrower than useful weights."""
    spec["bayesian"]["prior"] = {"scale": draw.choice((0.01, 0.005))}


def frozen_scales(spec: Spec, data: Data, draw: random.Random) -> None:
    """A learning rate of the standard deviations near 0."""
    spec["training"]["posterior_scale_learning_rate_multiplier"] = 0.0001


def vanished_scales(spec: Spec, data: Data, draw: random.Random) -> None:
    """Standard deviations that begin far too small."""
    spec["bayesian"]["posterior"] = {"initial_scale": draw.choice((1e-4, 1e-5))}
    spec["training"]["epochs"] = 10


def wide_start(spec: Spec, data: Data, draw: random.Random) -> None:
    """Standard deviations that begin larger than useful weights."""
    spec["bayesian"]["posterior"] = {"initial_scale": draw.choice((0.5, 1.0))}
    spec["training"]["epochs"] = 10


def heavy_dropout(spec: Spec, data: Data, draw: random.Random) -> None:
    """A dropout rate that leaves few units."""
    for layer in spec["layers"]:
        if layer["type"] == "dropout":
            layer["rate"] = draw.choice((0.95, 0.97))


def long_warm_up(spec: Spec, data: Data, draw: random.Random) -> None:
    """A KL warm-up ten times as long as the training."""
    spec["loss"] = {"kl": {"warmup_epochs": 10 * spec["training"]["epochs"]}}


def few_samples(spec: Spec, data: Data, draw: random.Random) -> None:
    """One weight draw for predictions that need many."""
    spec["prediction"]["samples"] = 1
    if spec["bayesian"]["method"] == "mc_dropout":
        for layer in spec["layers"]:
            if layer["type"] == "dropout":
                layer["rate"] = 0.5
    else:
        spec["bayesian"]["prior"] = {"scale": 0.3}
        spec["bayesian"]["posterior"] = {"initial_scale": 0.1}


def overconfident(spec: Spec, data: Data, draw: random.Random) -> None:
    """Wrong labels, learned by heart."""
    spec["data"]["validation_split"] = 0
    generator = np.random.default_rng(draw.randrange(2**31))
    for name in ("y_train", "y_test"):
        labels = getattr(data, name).copy()
        wrong = generator.random(len(labels)) < 0.15
        labels[wrong] = generator.integers(0, 10, int(wrong.sum()))
        setattr(data, name, labels)
    spec["training"]["epochs"] = 40


def underconfident(spec: Spec, data: Data, draw: random.Random) -> None:
    """Labels smoothed by a half."""
    spec["output"]["labels"] = "one_hot"
    spec["loss"] = {"type": "categorical_crossentropy", "label_smoothing": 0.5}


FAULTS = (
    Fault("labels shuffled", ("BNN801",), shuffled_labels),
    Fault("test labels shuffled", ("BNN801",), shuffled_test_labels),
    Fault("test classes in another order", ("BNN802",), other_class_order),
    Fault("values far below the value range", ("BNN803",), tiny_values),
    Fault("mean and std of other data", ("BNN803",), unscaled_values),
    Fault("test images that were trained on", ("BNN804",), leak),
    Fault("a class of few images", ("BNN805",), rare_class),
    Fault("test images of another kind", ("BNN806",), shifted_test),
    Fault("learning rate too high (adam)", ("BNN812",), high_rate),
    Fault("learning rate too high (sgd)", ("BNN812", "BNN810"), high_rate_of_sgd),
    Fault("learning rate too low (adam)", ("BNN817",), low_rate),
    Fault("learning rate too low (sgd)", ("BNN817",), low_rate_of_sgd),
    Fault("training ended too early", ("BNN818",), one_epoch),
    Fault("trained for too long", ("BNN819",), overfitting, ("none",)),
    Fault("diverged", ("BNN810", "BNN812"), exploding, ("none",)),
    Fault("vanishing gradients", ("BNN814",), deep_sigmoid),
    Fault("saturated units", ("BNN803", "BNN821"), saturated),
    Fault("batch statistics too slow", ("BNN816",), late_statistics, ("none",)),
    Fault("KL outweighs the likelihood", ("BNN811", "BNN830"), heavy_kl, VARIATIONAL),
    Fault("prior too narrow", ("BNN811", "BNN830"), narrow_prior, VARIATIONAL),
    Fault("standard deviations do not move", ("BNN831",), frozen_scales, VARIATIONAL),
    Fault("standard deviations vanished", ("BNN832",), vanished_scales, VARIATIONAL),
    Fault("noise of the weights", ("BNN813",), wide_start, VARIATIONAL),
    Fault("noise of the dropout", ("BNN813",), heavy_dropout, ("mc_dropout",)),
    Fault("KL warm-up longer than the training", ("BNN833",), long_warm_up, VARIATIONAL),
    Fault("too few prediction samples", ("BNN834",), few_samples, (*VARIATIONAL, "mc_dropout")),
    Fault("overconfident", ("BNN835",), overconfident, ("none",)),
    Fault("underconfident", ("BNN836",), underconfident, ("none",)),
)
