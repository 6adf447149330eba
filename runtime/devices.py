"""Choose the devices of a program: all workers of a cluster; else TPU, then all GPUs, then the CPU."""

import os
import platform
from typing import Final

import tensorflow as tf

from bnnc.runtime import workers
from bnnc.runtime.tensorflow_internals import uses_onednn

ONEDNN: Final = "TF_ENABLE_ONEDNN_OPTS"


def choose_strategy() -> tf.distribute.Strategy:
    """The strategy for the devices that are there.

    All workers of the cluster that this process has joined, with all their GPUs; a TPU if one is
    attached; all GPUs of this machine; else TensorFlow's default, one device.
    """
    strategy = workers.strategy()
    if strategy is not None:
        return strategy
    if tf.config.list_logical_devices("TPU"):
        return tf.distribute.TPUStrategy()
    gpus = tf.config.list_logical_devices("GPU")
    if len(gpus) > 1:
        return tf.distribute.MirroredStrategy([gpu.name for gpu in gpus])
    return tf.distribute.get_strategy()


def use_xla() -> bool:
    """Whether steps are compiled by XLA: on GPU and TPU.

    On a CPU, XLA makes the convolutions of small networks two to three times slower.
    """
    return bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))


def describe() -> str:
    """The devices in a few words, as for a progress line."""
    for kind in ("TPU", "GPU"):
        devices = tf.config.list_logical_devices(kind)
        if devices:
            return f"{len(devices)} {kind}{'s' * (len(devices) > 1)}"
    return "CPU"


def leaves_onednn_off() -> bool:
    """Whether TensorFlow trains on this CPU without oneDNN, and nobody has asked for that.

    Whether it uses oneDNN by default depends on the processor: on an AMD EPYC with AVX2 it does not
    (`benchmarks/onednn.md`). Other processors than those of x86-64 were not measured.
    """
    return (
        describe() == "CPU"
        and platform.system() in {"Linux", "Windows"}
        and platform.machine() in {"x86_64", "AMD64"}
        and ONEDNN not in os.environ
        and not uses_onednn()
    )
