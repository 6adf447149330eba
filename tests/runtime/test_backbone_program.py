"""A spec with a backbone, from the check to the prediction, and on disk."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import bnnc
from bnnc.compiler import pipeline
from bnnc.errors import WeightsError
from bnnc.runtime.prediction.draws import random_cut
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.runs.run_folder import RunWriter, epochs_done, start_run
from bnnc.specs.spec import Spec
from tests.laws.test_training import KillAfter, KilledError, assert_same_bits
from tests.support.predictions import of_classes

CLASSES = 3
ROWS = 16
WEIGHTS = "mine.weights.h5"


def document(**backbone: Any) -> dict[str, Any]:
    """A small application with a Bayesian head."""
    return {
        "bnnc": 1,
        "name": "small-backbone",
        "input": {"shape": [32, 32, 3]},
        "layers": [
            {"type": "random_flip", "mode": "horizontal"},
            {
                "type": "backbone",
                "application": "MobileNet",
                "weights": WEIGHTS,
                "pooling": "avg",
                **backbone,
            },
            {"type": "dense", "units": CLASSES, "name": "head"},
        ],
        "bayesian": {"method": "flipout", "posterior": {"initial_scale": 0.05}},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": CLASSES,
            "labels": "integer",
        },
        "training": {"batch_size": 8, "epochs": 2, "seed": 3},
        "data": {"source": "mine.npz", "validation_split": 0.25},
        "prediction": {"samples": 5},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of weights and a file of data."""
    folder = tmp_path_factory.mktemp("backbone")
    model = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(32, 32, 3))
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, ROWS)
    images = generator.integers(0, 256, (ROWS, 32, 32, 3)).astype(np.uint8)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # the averages are these images', so that features differ
    model(images.astype(np.float32) / 255, training=True)
    model.save_weights(folder / WEIGHTS)
    np.savez(folder / "mine.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return folder


@pytest.fixture(scope="module")
def frozen(folder: Path) -> Program:
    """A program whose backbone is frozen; nobody may change it."""
    return bnnc.compile(document(trainable=False), folder=folder)


def images_of(folder: Path) -> Any:
    return np.load(folder / "mine.npz")["x_train"]


@pytest.mark.parametrize("trainable", [True, False])
def test_the_plan_says_what_keras_says(frozen: Program, folder: Path, trainable: bool) -> None:
    plan = pipeline.plan(bnnc.check(document(trainable=trainable)))
    model = frozen.model if not trainable else bnnc.compile(document(weights="none")).model
    layers = {layer.name: layer for layer in model.layers}
    for node in plan.nodes:
        layer = layers[node.name]
        assert node.output_shape == tuple(layer.output.shape[1:])
        assert node.parameters == layer.count_params()
        assert node.trainable == sum(one.numpy().size for one in layer.trainable_weights)
    assert plan.run_once >= {"backbone"}


def test_the_source_builds_the_same_model_bit_for_bit(frozen: Program, folder: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(frozen.source, "model.py", "exec"), namespace)  # noqa: S102  # it is tested
    emitted = namespace["build_model"]()
    assert f'weights="{folder / WEIGHTS}"' in frozen.source
    assert 'preprocessing="tf"' in frozen.source
    assert emitted.get_config() == frozen.model.get_config()
    assert all(map(np.array_equal, emitted.get_weights(), frozen.model.get_weights()))


def test_a_prediction_runs_the_backbone_once_for_all_draws(frozen: Program, folder: Path) -> None:
    (cut,) = random_cut(frozen.model)  # what stands before it runs once
    assert cut is frozen.model.get_layer("backbone").output
    prediction = of_classes(frozen.predict(images_of(folder)))
    assert prediction.probs.shape == (ROWS, CLASSES)
    assert prediction.mutual_information.max() > 0


def test_training_changes_the_head_and_not_the_frozen_backbone(folder: Path) -> None:
    program = bnnc.compile(document(trainable=False), folder=folder)
    backbone = program.model.get_layer("backbone")
    before, head = backbone.get_weights(), program.model.get_layer("head").get_weights()
    program.fit()
    assert all(map(np.array_equal, before, backbone.get_weights()))
    changed = program.model.get_layer("head").get_weights()
    assert not any(map(np.array_equal, head, changed))


def test_a_run_holds_all_that_training_has_changed_and_needs_no_weights_again(
    folder: Path, tmp_path: Path
) -> None:
    # Fewer operations than Adam for each of the many weights, and it remembers something too.
    momentum = {"type": "sgd", "learning_rate": 0.01, "momentum": 0.9}
    said = document()
    said["training"]["optimizer"] = momentum
    made = bnnc.compile(said, folder=folder)
    prepared = made.prepare()
    start_run(tmp_path / "run", made, prepared, 2)
    before = made.model.get_weights()
    with pytest.raises(KilledError):
        made.train(prepared, callbacks=[RunWriter(tmp_path / "run", made, []), KillAfter(1)])
    (folder / WEIGHTS).rename(folder / "away")
    try:
        resumed = load(tmp_path / "run")
        with pytest.raises(WeightsError, match=WEIGHTS):
            bnnc.compile(document(), folder=folder)
    finally:
        (folder / "away").rename(folder / WEIGHTS)
    # Weights, moving averages, and what the optimizer remembers of them.
    assert_same_bits(made, resumed)
    assert epochs_done(resumed) == 1
    assert not any(
        np.array_equal(a, b)
        for a, b in zip(before, made.model.get_weights(), strict=True)
        if a.ndim == 4
    )


def test_a_saved_program_predicts_the_same(frozen: Program, folder: Path, tmp_path: Path) -> None:
    frozen.save(tmp_path / "saved")
    again, images = load(tmp_path / "saved"), images_of(folder)
    assert np.array_equal(
        of_classes(again.predict(images)).probs, of_classes(frozen.predict(images)).probs
    )
    assert again.model.get_layer("backbone").trainable_weights == []


def test_the_canonical_spec_has_the_preprocessing_that_follows_from_the_weights() -> None:
    def fingerprint(**backbone: Any) -> str:
        return Spec.model_validate(document(**backbone), strict=False).fingerprint()

    assert fingerprint() == fingerprint(preprocessing="application")
    assert fingerprint(weights="none") == fingerprint(weights="none", preprocessing="none")
    assert fingerprint() != fingerprint(preprocessing="none")
    assert fingerprint() != fingerprint(trainable=False)


def test_a_file_of_weights_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    base = {key: value for key, value in document().items() if key != "bnnc"}
    (tmp_path / "base" / "base.yaml").write_text(json.dumps(base))
    spec = tmp_path / "spec.yaml"
    spec.write_text("extends: base/base.yaml\nbnnc: 1\nname: extended\n")
    assert bnnc.check(spec).weights_folder == str(tmp_path / "base")
    said = {"layers[1].weights": "other.h5"}
    assert bnnc.check(spec, set=said).weights_folder == ""
