"""Series and volumes, from a file to predictions: they are learned as images are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.runtime.runs.loading import load
from tests.support.predictions import of_classes

ROWS, CLASSES = 240, 3
RNG = np.random.default_rng(7)
LABELS = RNG.integers(0, CLASSES, ROWS)


def series() -> np.ndarray:
    """[rows, 16 steps]: a wave whose length is the class, begun anywhere, under noise."""
    steps = np.arange(16) + RNG.uniform(0, 16, (ROWS, 1))
    wave = np.sin(2 * np.pi * steps / np.array([3, 6, 16])[LABELS][:, np.newaxis])
    return np.asarray(np.clip(wave + RNG.normal(0, 0.1, wave.shape), -1, 1), np.float32)


def volumes() -> np.ndarray:
    """[rows, 4, 4, 4]: a bright plane in the middle, which stands across the axis of the class."""
    given = RNG.uniform(0, 0.3, (ROWS, 4, 4, 4))
    place = RNG.integers(1, 3, ROWS)
    for row, label in enumerate(LABELS):
        np.moveaxis(given[row], label, 0)[place[row]] += 0.7
    return np.asarray(2 * given - 1, np.float32)


CASES: dict[str, tuple[np.ndarray, list[int], list[dict[str, Any]]]] = {
    "series": (
        series(),
        [16, 1],
        [
            {"type": "conv1d", "filters": 8, "kernel_size": 5, "activation": "relu"},
            {"type": "global_average_pooling1d"},
        ],
    ),
    "volumes": (
        volumes(),
        [4, 4, 4, 1],
        [
            {"type": "conv3d", "filters": 8, "kernel_size": 2, "activation": "relu"},
            {"type": "flatten"},
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_image_is_trained_on_saved_evaluated_and_predicted(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays, shape, layers = CASES[name]
    archive = tmp_path / "rows.npz"
    held_out = {"x_test": arrays[200:], "y_test": LABELS[200:]}
    np.savez(archive, allow_pickle=False, x_train=arrays[:200], y_train=LABELS[:200], **held_out)
    program = bnnc.compile(
        {
            "bnnc": 1,
            "name": name,
            "input": {"shape": shape, "value_range": [-1, 1], "mean": 0.5, "std": 0.3},
            "layers": [*layers, {"type": "dense", "units": CLASSES}],
            "bayesian": {"method": "flipout", "prior": {"scale": 1.0}},
            "output": {
                "distribution": "categorical",
                "parameterization": "logits",
                "classes": CLASSES,
                "labels": "integer",
            },
            "loss": {"kl": {"weight": 0.0001}},
            "training": {
                "batch_size": 20,
                "epochs": 12,
                "optimizer": {"type": "adam", "learning_rate": 0.02},
            },
            "prediction": {"samples": 4},
        }
    )
    assert f"[batch, {', '.join(map(str, shape))}]" in program.source
    program.fit(archive, verbose=0)
    assert program.evaluate(archive)["accuracy"] > 0.9
    program.save(tmp_path / "saved")
    rows = arrays[200:][..., np.newaxis]
    probs = of_classes(program.predict(rows)).probs
    np.testing.assert_array_equal(of_classes(load(tmp_path / "saved").predict(rows)).probs, probs)
    assert run(["predict", str(tmp_path / "saved"), str(archive)]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = [int(line.split(",")[1]) for line in lines[1:]]
    assert np.mean(np.array(said) == probs.argmax(axis=-1)) == 1


def test_an_image_file_is_no_series(tmp_path: Path) -> None:
    from PIL import Image

    from bnnc.runtime.data import DataError, read_images

    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(
        DataError,
        match=r"height, width and channels, and a volume a depth\. Expected \[steps, channels\]",
    ):
        read_images(tmp_path / "a.png", shape=(4, 4))
