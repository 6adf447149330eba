"""What a spec builds depends on the spec alone, not on Keras's global settings."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

import bnnc
from bnnc.runtime.keras_settings import keras_defaults
from tests.compiler.backend.conftest import random_batch
from tests.compiler.backend.test_emitted_source import execute
from tests.generated import random_spec
from tests.support import tiny_program as small
from tests.support.predictions import of_classes
from tests.support.tiny_program import SHAPE, arrays

config = keras.config
# Each changes something in a model of Keras's own.
SETTINGS: dict[str, Callable[[], None]] = {
    "float64 policy": lambda: config.set_dtype_policy("float64"),
    "mixed_bfloat16 policy": lambda: config.set_dtype_policy("mixed_bfloat16"),
    "mixed_float16 policy": lambda: keras.mixed_precision.set_global_policy("mixed_float16"),
    "float16": lambda: config.set_floatx("float16"),
    "float64": lambda: keras.backend.set_floatx("float64"),
    "channels_first": lambda: config.set_image_data_format("channels_first"),
    "epsilon": lambda: config.set_epsilon(0.1),
}
GENERATED = 6


def settings() -> tuple[Any, ...]:
    return (
        config.dtype_policy().name,
        config.floatx(),
        config.image_data_format(),
        config.epsilon(),
    )


@contextmanager
def changed(*names: str) -> Iterator[None]:
    """Change settings, and see that bnnc leaves them as they are."""
    before = settings()
    with keras_defaults():  # restores what was there before, whatever is set inside
        for name in names:
            SETTINGS[name]()
        asked = settings()
        yield
        assert settings() == asked
    assert settings() == before


def document() -> dict[str, Any]:
    """A spec whose layers, constraint, loss and metrics read every setting in Keras."""
    return {
        "bnnc": 1,
        "name": "settings",
        "input": {"shape": list(SHAPE), "value_range": [0, 16], "mean": [0.4], "std": [0.2]},
        "layers": [
            {"type": "random_crop", "height": 5, "width": 5},
            {"type": "random_rotation", "factor": 0.1},
            {"type": "conv2d", "filters": 4, "kernel_size": 3, "activation": "relu"},
            {"type": "batch_normalization"},
            {
                "type": "conv2d",
                "filters": 4,
                "kernel_size": 1,
                "bayesian": {"method": "none"},
                "kernel_constraint": {"type": "max_norm", "max_value": 1.0},
            },
            {"type": "residual", "body": [{"type": "layer_normalization"}]},
            {"type": "max_pooling2d"},
            {"type": "dropout", "rate": 0.3},
            {"type": "flatten"},
            {"type": "dense", "units": 3, "activation": "softmax"},
        ],
        "bayesian": {"method": "flipout"},
        "output": {
            "distribution": "categorical",
            "parameterization": "probs",
            "classes": 3,
            "labels": "integer",
        },
        "loss": {"type": "sparse_categorical_crossentropy"},
        "training": {"optimizer": {"type": "adam", "learning_rate": 0.01}, "seed": 3},
    }


def trained(models: list[Any], batch: Any) -> list[npt.NDArray[Any]]:
    """Every variable of the models after one step of training, and what they then predict."""
    found: list[npt.NDArray[Any]] = []
    for model in models:
        model.bind(rows=100, batch_size=4)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        metrics = model.train_step(batch)
        found += [np.array(metrics["loss"]), *map(np.array, model.variables)]
        found += [np.array(one) for one in model.optimizer.variables]
    return found


def assert_same(one: list[npt.NDArray[Any]], other: list[npt.NDArray[Any]], what: str) -> None:
    for before, after in zip(one, other, strict=True):
        assert before.dtype == after.dtype, what
        np.testing.assert_array_equal(before, after, err_msg=what)


def test_no_setting_changes_a_model_or_its_step() -> None:
    program = bnnc.compile(document())
    expected = trained(list(program.models), random_batch(program))
    for name in SETTINGS:
        with changed(name):
            again = bnnc.compile(document())
            assert again.spec.fingerprint() == program.spec.fingerprint()
            assert again.source == program.source
            batch = random_batch(again)
            assert_same(expected, trained(list(again.models), batch), name)
            assert_same(expected, trained(execute(again.source), batch), f"{name}, emitted")


@pytest.mark.parametrize("seed", range(GENERATED))
def test_all_settings_together_change_no_generated_model(seed: int) -> None:
    program = bnnc.compile(random_spec(Random(seed)))
    batch = random_batch(program)
    expected = trained(list(program.models), batch)
    with changed("mixed_bfloat16 policy", "float16", "channels_first", "epsilon"):
        emitted = trained(execute(program.source), batch)
    assert_same(expected, emitted, str(program.spec))


def test_training_saving_and_prediction_keep_to_the_spec(tmp_path: Path) -> None:
    images, labels = arrays(20)
    images = images + np.float32(1e-3)  # float16 would round them

    def everything(folder: Path) -> list[npt.NDArray[Any]]:
        program = small.program(loss={"type": "sparse_categorical_crossentropy"})
        model = program.model
        keras.utils.set_random_seed(1)  # the order of the rows in Keras's own `fit`
        model.compile(metrics=["sparse_categorical_accuracy"], jit_compile=False)
        history = model.fit(images, labels, batch_size=8, epochs=1, verbose=0).history
        program.fit(images, labels, epochs=1)
        program.train_step(images[:8], labels[:8])
        program.save(folder)
        loaded = bnnc.load(folder)
        alone: Any = keras.saving.load_model(folder / "model.keras")
        found = [np.array(one) for key in sorted(history) for one in history[key]]
        for one in (model, loaded.model, alone):
            found += [*map(np.array, one.variables), *map(np.array, one.optimizer.variables)]
        for one in (program, loaded):
            found.append(of_classes(one.predict(images, samples=3)).probs)
        # Its noise is new on every call, from a generator that is saved with the model.
        found += [np.asarray(alone.predict(images, verbose=0)), np.asarray(alone(images))]
        found += [np.array(one) for one in alone.evaluate(images, labels, verbose=0)]
        found += [np.array(one) for one in alone.train_on_batch(images, labels)]
        return found

    expected = everything(tmp_path / "plain")
    with changed("mixed_bfloat16 policy", "float16", "channels_first", "epsilon"):
        assert_same(expected, everything(tmp_path / "changed"), "all settings")


_BUILD = """
import sys
import keras
assert keras.config.floatx() == "float16" and keras.config.epsilon() == 0.1
import bnnc
program = bnnc.compile(sys.argv[1])
program.save(sys.argv[2])
"""


def test_keras_json_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    hostile = (
        '{"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first",'
        ' "backend": "tensorflow"}'
    )
    (home / "keras.json").write_text(hostile)
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(document()))
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _BUILD, str(path), str(tmp_path / "built")],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "KERAS_HOME": str(home)},
        check=True,
    )
    there, here = bnnc.load(tmp_path / "built"), bnnc.compile(document())
    batch = random_batch(here)
    assert_same(trained([here.model], batch), trained([there.model], batch), "keras.json")
