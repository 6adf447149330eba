"""Every wrong spec of the corpus has a corrected one beside it, which is clean, and learns.

`corrected/NAME.yaml` is NAME.yaml with its mistake put right and nothing else changed. A spec that
checks clean and stays at chance is not corrected, so one spec of each kind is trained: on the
embedded digits where it is made for them, and else on drawn images of its own shape. `--every`
trains all of them, which takes some minutes. A training ends as soon as it has shown that it learns.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import takewhile
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pytest

import bnnc
from bnnc.compiler.pipeline import check_bytes
from bnnc.runtime.data.digits import load_digits
from bnnc.runtime.preparation import classes_of
from bnnc.specs import Spec

FOLDER = Path(__file__).parent
CORRECTED = sorted((FOLDER / "corrected").glob("*.yaml"))


def _kinds(spec: Path) -> set[object]:
    """What makes a difference to whether a spec learns: its output with the method, each layer."""
    model = check_bytes(spec.name, spec.read_bytes()).accepted()
    output = model.output
    said = (output.distribution, output.parameterization, output.labels)
    return {(*said, model.loss.type, model.bayesian.method), *(one.type for one in model.layers)}


KINDS = {kind: spec for spec in reversed(CORRECTED) for kind in _kinds(spec)}

Images = npt.NDArray[np.generic]
Labels = npt.NDArray[np.int64]

# What always saying how frequent each class is would cost is 1; nothing that reads its images
# wrongly, or its labels, comes below 0.8 of it.
SHARE_OF_CHANCE = 0.8
# The mean of the last epoch over that of the first.
MOST_OF_THE_FIRST = 0.95
# Training goes on for no more than this: the slowest, 100 classes told apart by eight numbers,
# takes about half of it.
MOST_STEPS = 1200
DRAWN_ROWS = 256


def test_every_wrong_spec_has_a_corrected_one_of_its_name() -> None:
    wrong = {spec.name for spec in FOLDER.glob("*.yaml")}
    assert {spec.name for spec in CORRECTED} == wrong


@pytest.mark.parametrize("spec", CORRECTED, ids=lambda spec: spec.stem)
def test_a_corrected_spec_has_no_error_and_no_warning(spec: Path) -> None:
    report = check_bytes(spec.name, spec.read_bytes())
    assert report.ok
    assert [one.code for one in report.diagnostics if one.severity != "information"] == []


@pytest.mark.parametrize("spec", CORRECTED, ids=lambda spec: spec.stem)
def test_a_corrected_spec_tells_the_same_story_as_the_wrong_one(spec: Path) -> None:
    assert _story(spec) == _story(FOLDER / spec.name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "trained" in metafunc.fixturenames:
        chosen = CORRECTED if metafunc.config.getoption("--every") else sorted({*KINDS.values()})
        metafunc.parametrize("trained", chosen, ids=lambda spec: spec.stem)


def test_a_corrected_spec_learns(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Compiling a step with XLA takes longer than all the steps that are taken here.
    monkeypatch.setattr("bnnc.runtime.training.loop.use_xla", lambda: False)
    program = bnnc.compile(trained)
    images, labels = _data(program.spec)
    steps_an_epoch = math.ceil(len(labels) / program.spec.training.batch_size)
    chance, luck = _entropy(labels), _luck(labels)

    history = program.fit(
        images,
        labels,
        epochs=max(2, MOST_STEPS // steps_an_epoch),
        callbacks=[StopWhenLearnt(SHARE_OF_CHANCE * chance, luck)],
    )

    # The likelihood and not the objective: a warm-up raises the weight of the KL on the way.
    first, last = history.history["nll"][0], history.history["nll"][-1]
    assert last < SHARE_OF_CHANCE * chance, f"{last:.3f} nats, and {chance:.3f} is chance"
    assert last < MOST_OF_THE_FIRST * first
    assert history.history["accuracy"][-1] > luck


class StopWhenLearnt(keras.callbacks.Callback):
    """Ends a training once it has shown what the test asks of it.

    Args:
        bound: negative log-likelihood of an image that is to be undercut, in nats.
        luck: accuracy that is to be passed.
    """

    def __init__(self, bound: float, luck: float) -> None:
        super().__init__()
        self.bound, self.luck = bound, luck
        self.first = math.inf

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Compare the means of the epoch with the bounds, and with those of the first epoch."""
        assert logs is not None
        if epoch == 0:
            self.first = logs["nll"]
        fallen = logs["nll"] < min(self.bound, MOST_OF_THE_FIRST * self.first)
        self.model.stop_training = fallen and logs["accuracy"] > self.luck


def _story(spec: Path) -> list[str]:
    """The comments above the first key."""
    # One of them is not UTF-8, which is its mistake.
    lines = spec.read_bytes().decode("utf-8", "replace").splitlines()
    return list(takewhile(lambda line: line.startswith("#"), lines))


def _data(spec: Spec) -> tuple[Images, Labels]:
    """Images as the spec describes them, and class indices that can be learnt from them."""
    classes = classes_of(spec)
    digits, numerals = _digits()
    if (*spec.input.shape, *spec.input.value_range) == (*digits.shape[1:], 0, 16):
        if classes == 10:
            return digits, numerals
        if classes == 2:
            return digits, (numerals >= 5).astype(np.int64)
    return _drawn(spec.input.shape, spec.input.value_range, classes)


@cache
def _digits() -> tuple[Images, Labels]:
    train = load_digits().train
    return train.images, train.labels


def _drawn(
    shape: tuple[int, ...], value_range: tuple[float, float], classes: int
) -> tuple[Images, Labels]:
    """Each class a colour and a pattern of 4×4 fields of its own, under noise.

    The colours are there for models that average over all positions: they see nothing else.
    """
    generator = np.random.default_rng(0)
    height, width, channels = shape
    rows = max(DRAWN_ROWS, 4 * classes)
    levels = np.linspace(0.1, 0.9, classes)
    colours = np.stack([generator.permutation(levels) for _ in range(channels)], axis=-1)
    fields = generator.uniform(0, 1, (classes, 4, 4, channels))
    means = 0.6 * colours[:, np.newaxis, np.newaxis, :] + 0.4 * fields
    means = means.repeat(math.ceil(height / 4), axis=1).repeat(math.ceil(width / 4), axis=2)
    labels = np.arange(rows) % classes
    noise = generator.normal(0, 0.05, (rows, *shape))
    images = np.clip(means[labels, :height, :width] + noise, 0, 1)
    lowest, highest = value_range
    return (lowest + (highest - lowest) * images).astype(np.float32), labels


def _entropy(labels: Labels) -> float:
    """What a model that knows the frequencies of the classes and no image costs, in nats."""
    shares = np.bincount(labels) / len(labels)
    return float(-np.sum(shares[shares > 0] * np.log(shares[shares > 0])))


def _luck(labels: Labels) -> float:
    """The accuracy of always giving the most frequent class, and five standard errors more."""
    blind = float(np.bincount(labels).max() / len(labels))
    return blind + 5 * math.sqrt(blind * (1 - blind) / len(labels))
