"""Devices: which are chosen, and that two of them train as one does."""

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import tensorflow as tf

from bnnc.errors import DeviceError
from bnnc.runtime import devices
from bnnc.runtime.training.loop import train
from tests.support.tiny_program import arrays, program

ROOT = Path(__file__).parents[2]
# The last of three batches has one row, so that one of the devices has none.
CLIPPED = tuple(
    f"reparameterization/float32/{kind}" for kind in ("clipnorm", "global_clipnorm", "clipvalue")
)
# Under the first, each method that is not named here has a layer of its own.
METHODS = tuple(f"{name}/float32/mixed" for name in ("concrete_dropout", "sngp", "laplace"))
SAME = tuple(dict.fromkeys((*CLIPPED, *METHODS, "antithetic/float32/clipvalue")))
CASES = (*SAME, "mc_dropout/mixed_float16/clipvalue")


@pytest.fixture(scope="module")
def losses() -> dict[str, dict[str, list[float]]]:
    """By case: losses, accuracies and validation losses on one device and on two."""
    code = f"import runpy, sys; sys.argv = {['two', *CASES]!r}; runpy.run_path({_SCRIPT!r})"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    received: dict[str, dict[str, list[float]]] = json.loads(ended.stdout.splitlines()[-1])
    return received


_SCRIPT = str(Path(__file__).with_name("two_devices.py"))


def test_two_devices_give_the_losses_of_one_to_six_digits(
    losses: dict[str, dict[str, list[float]]],
) -> None:
    """Under every method: noise belongs to the row of the batch, wherever it is computed."""
    for name in SAME:
        assert losses[name]["two"] == pytest.approx(losses[name]["one"], rel=1e-6), name
    # The limits are felt: each trains in a way of its own.
    assert len({losses[name]["one"][-1] for name in CLIPPED}) == len(CLIPPED)


def test_gradients_accumulated_over_several_devices_are_refused() -> None:
    sgd = {"type": "sgd", "gradient_accumulation_steps": 2}
    made = program("none", training={"optimizer": sgd})
    two = mock.Mock(num_replicas_in_sync=2)
    with (
        mock.patch.object(tf.distribute, "get_strategy", return_value=two),
        pytest.raises(DeviceError, match=r"multiply `training\.batch_size`"),
    ):
        train(made.model, made.prepare(*arrays(20)).train, epochs=1)


def test_two_devices_train_whatever_the_method_and_the_precision(
    losses: dict[str, dict[str, list[float]]],
) -> None:
    for case in losses.values():
        assert all(math.isfinite(one) for one in case["two"])


Devices = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Devices:
    """Return the function that makes TensorFlow see so many devices."""

    def has(**counts: int) -> None:
        def list_logical_devices(kind: str) -> list[Any]:
            return [
                tf.config.LogicalDevice(f"/device:{kind}:{number}", kind)
                for number in range(counts.get(kind, 0))
            ]

        monkeypatch.setattr(tf.config, "list_logical_devices", list_logical_devices)

    return has


def test_one_device_needs_no_strategy(machine: Devices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    for counts in ({}, {"GPU": 1}):
        machine(**counts)
        assert devices.choose_strategy() is tf.distribute.get_strategy()


def test_all_gpus_are_taken(machine: Devices, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[str]] = []
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", taken.append)
    machine(GPU=3)
    devices.choose_strategy()
    assert taken == [["/device:GPU:0", "/device:GPU:1", "/device:GPU:2"]]


def test_a_tpu_goes_before_gpus(machine: Devices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.distribute, "TPUStrategy", lambda: "tpu")
    machine(TPU=1, GPU=3)
    assert devices.choose_strategy() == "tpu"


@pytest.mark.parametrize(
    ("counts", "words", "xla"),
    [
        ({}, "CPU", False),
        ({"GPU": 1}, "1 GPU", True),
        ({"GPU": 2}, "2 GPUs", True),
        ({"TPU": 8, "GPU": 1}, "8 TPUs", True),
    ],
    ids=str,
)
def test_xla_is_for_gpu_and_tpu(
    counts: dict[str, int], words: str, xla: bool, machine: Devices
) -> None:
    machine(**counts)
    assert devices.describe() == words
    assert devices.use_xla() is xla


@pytest.mark.parametrize("setting", ["0", "1"])
def test_who_has_chosen_onednn_is_not_told_of_it(setting: str) -> None:
    code = (
        "from bnnc.runtime import devices, tensorflow_internals\n"
        "print(tensorflow_internals.uses_onednn(), devices.leaves_onednn_off())"
    )
    environment = {**os.environ, devices.ONEDNN: setting}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    uses_it, leaves_it_off = ended.stdout.split()
    assert leaves_it_off == "False"
    if platform.machine() == "x86_64":  # other builds may have none
        assert uses_it == str(setting == "1")


def test_onednn_is_off_where_tensorflow_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(devices.ONEDNN, raising=False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    for uses_it in (False, True):
        monkeypatch.setattr(devices, "uses_onednn", lambda uses_it=uses_it: uses_it)
        assert devices.leaves_onednn_off() is not uses_it
    monkeypatch.setattr(devices, "uses_onednn", lambda: False)
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert not devices.leaves_onednn_off()
