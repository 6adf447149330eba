"""A small program of every kind, and data that it can learn, for tests of what runs."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

import bnnc
from bnnc.runtime.program import Program
from bnnc.specs.methods import METHODS, NAMES

Document = dict[str, Any]
Arrays = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]

# The methods whose loss has a KL divergence.
VARIATIONAL = tuple(name for name in NAMES if METHODS[name].has_kl)

CLASSES = 3
SHAPE = (6, 6, 1)


def document(method: str = "flipout", **sections: Any) -> Document:
    """A convolution, a dense head, and the sections that are given in place of these."""
    return {
        "bnnc": 1,
        "name": "small",
        "input": {"shape": list(SHAPE), "value_range": [0, 16]},
        "layers": [
            {"type": "conv2d", "filters": 4, "kernel_size": 3, "activation": "relu"},
            {"type": "max_pooling2d"},
            *([{"type": "dropout", "rate": 0.3}] if method.endswith("dropout") else []),
            {"type": "flatten"},
            {"type": "dense", "units": CLASSES},
        ],
        "bayesian": {"method": method, "posterior": {"initial_scale": 0.1}},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": CLASSES,
            "labels": "integer",
        },
        "training": {"batch_size": 8, "epochs": 2, "seed": 3},
        "prediction": {"samples": 8},
        **sections,
    }


def program(method: str = "flipout", **sections: Any) -> Program:
    """A program of its own for whoever changes it."""
    return bnnc.compile(document(method, **sections))


@cache
def shared_program(method: str = "flipout") -> Program:
    """A program that nobody may change."""
    return program(method)


def arrays(rows: int = 20, seed: int = 0) -> Arrays:
    """Images of a brighter band whose place is the class, and class indices."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, CLASSES, rows).astype(np.int32)
    images = generator.uniform(0, 8, (rows, *SHAPE)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 8
    return images, labels
