"""Trains on one device and on two, and prints the losses of both as JSON.

Run by test_devices.py in a process of its own: a CPU can be divided only before TensorFlow starts.
"""

import json
import sys
import warnings
from unittest import mock

warnings.simplefilter("ignore")

import tensorflow as tf  # after the warnings are off

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

from bnnc.compiler import build  # after the devices are set
from tests.small import arrays, program  # the same


def losses(method: str, precision: str) -> list[float]:
    training = {"batch_size": 8, "precision": precision, "optimizer": {"type": "sgd"}}
    made = program(method, training=training)
    history = made.fit(*arrays(17), epochs=2, validation_data=arrays(9, seed=1))
    assert made.predict(arrays(4)[0], 2).probs.shape == (4, 3)
    return [one[name] for one in history for name in ("loss", "accuracy", "val_nll")]


two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
received: dict[str, dict[str, list[float]]] = {}
for case in sys.argv[1:]:
    method, precision = case.split("/")
    received[case] = {}
    for name, strategy in (("one", tf.distribute.get_strategy()), ("two", two)):
        with mock.patch.object(build, "choose_strategy", return_value=strategy):
            received[case][name] = losses(method, precision)
print(json.dumps(received))
