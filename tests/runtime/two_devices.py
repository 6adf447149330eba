"""Trains on one device and on two, and prints the losses of both as JSON.

Run by test_devices.py in a process of its own: a CPU can be divided only before TensorFlow starts.
"""

import json
import sys
import warnings
from typing import Any
from unittest import mock

warnings.simplefilter("ignore")

import tensorflow as tf  # after the warnings are off

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

from bnnc.compiler.backend import build  # after the devices are set
from bnnc.specs.methods import NAMES
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, program  # the same

# What an optimizer does beside its steps, by the third part of a case.
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "mixed": {},
    "clipnorm": {"clipnorm": 0.1},
    "global_clipnorm": {"global_clipnorm": 0.1},
    "clipvalue": {"clipvalue": 0.01, "use_ema": True, "ema_momentum": 0.5},
}
# Fewer variables than there are by default: each has graphs of its own on every device.
LAYERS = {"layers": [{"type": "flatten"}, {"type": "dense", "units": 3}]}
# Methods of the section, or of no layer's own.
WHOLE = ("none", "laplace", "sngp", "mc_dropout", "concrete_dropout")


def mixed(method: str) -> list[dict[str, Any]]:
    """Layers for a method of the section; under concrete dropout, one of each that a layer can have."""
    hidden = {"type": "dense", "units": 4, "activation": "relu"}
    own = [name for name in NAMES if name not in WHOLE] if method == "concrete_dropout" else []
    return [
        {"type": "dropout", "rate": 0.3},
        {"type": "flatten"},
        *({**hidden, "bayesian": {"method": name}} for name in own),
        {"type": "dense", "units": 3},
    ]


def losses(method: str, precision: str, kind: str) -> list[float]:
    sgd = {"type": "sgd", **OPTIMIZERS[kind]}
    samples = 2 if kind == "clipnorm" else 1
    training = {"batch_size": 8, "precision": precision, "optimizer": sgd, "samples": samples}
    if kind == "mixed":  # what is left out here, the other cases have
        made = program(method, training=training, layers=mixed(method))
        return list(made.fit(*arrays(17), epochs=2, verbose=0).history["loss"])
    made = program(method, training=training, **(LAYERS if kind != "clipvalue" else {}))
    history = made.fit(*arrays(17), epochs=2, validation_data=arrays(9, seed=1), verbose=0)
    if kind == "clipvalue":  # predictions know nothing of the optimizer: of one method each
        assert of_classes(made.predict(arrays(4)[0], 2)).probs.shape == (4, 3)
    return [
        history.history[name][epoch]
        for epoch in range(2)
        for name in ("loss", "accuracy", "val_nll")
    ]


two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
received: dict[str, dict[str, list[float]]] = {}
for case in sys.argv[1:]:
    method, precision, kind = case.split("/")
    received[case] = {}
    for name, strategy in (("one", tf.distribute.get_strategy()), ("two", two)):
        with mock.patch.object(build, "choose_strategy", return_value=strategy):
            received[case][name] = losses(method, precision, kind)
print(json.dumps(received))
