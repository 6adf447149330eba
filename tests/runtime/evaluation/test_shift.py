"""Corruptions stay in the value range, are the same however they are read, and are evaluated."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from bnnc.errors import ArgumentError
from bnnc.runtime.evaluation.corruptions import (
    CORRUPTIONS,
    SEVERITIES,
    CorruptedImages,
    Corruption,
)
from bnnc.specs.evaluation import is_suited
from tests.runtime.evaluation.test_program_figures import KINDS, made, rows
from tests.support.tiny_program import arrays, document, program, shared_program

RANGE = (-50.0, 150.0)
SHAPES = {1: (40, 2), 2: (24, 20, 1), 3: (10, 12, 14, 2)}

every_corruption = pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)


def images(*shape: int, count: int = 6) -> np.ndarray:
    """Smooth images that fill the middle half of the range, so that nothing is cut off."""
    noise = np.random.default_rng(0).uniform(size=(count, *shape))
    smooth = ndimage.gaussian_filter(noise, (0, *(2 for _ in shape[:-1]), 0))
    unit = (smooth - smooth.min()) / np.ptp(smooth)
    return np.asarray(RANGE[0] + 200 * (0.25 + 0.5 * unit), np.float32)


@every_corruption
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_every_severity_changes_the_images_more_and_stays_in_the_range(
    corruption: Corruption, axes: int
) -> None:
    if not is_suited(corruption.name, SHAPES[axes]):
        return
    clean = images(*SHAPES[axes], count=12)
    distances = []
    for severity in SEVERITIES:
        changed = CorruptedImages(clean, corruption, severity, RANGE)[:]
        assert changed.shape == clean.shape
        assert changed.dtype == np.float32
        assert changed.min() >= RANGE[0]
        assert changed.max() <= RANGE[1]
        distances.append(np.sqrt(np.mean((changed - clean) ** 2)))
    assert distances[0] > 0
    assert distances[0] < distances[-1]
    # Images that no longer overlap are not further apart the further they are moved.
    is_moved = corruption.name in {"rotation", "translation"}
    assert is_moved or distances == sorted(distances)


@every_corruption
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_image_is_the_same_in_every_part_and_every_run(
    corruption: Corruption, channels: int
) -> None:
    clean = images(16, 12, channels)
    whole = CorruptedImages(clean, corruption, 3, RANGE)
    parts = np.concatenate([whole[0:2], whole[2:5], whole[5:9]])
    np.testing.assert_array_equal(parts, whole[:])
    assert len(whole) == 6
    assert whole.shape == clean.shape
    other = CorruptedImages(clean, corruption, 3, RANGE, seed=1)[:]
    is_random = corruption.name in {"gaussian_noise", "rotation", "translation", "occlusion"}
    assert (other != parts).any() == is_random


def test_single_corruptions_have_their_closed_forms() -> None:
    clean = images(24, 20, 1)

    def changed(name: str, severity: int) -> np.ndarray:
        return CorruptedImages(clean, CORRUPTIONS[name], severity, RANGE)[:]

    means = clean.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(
        changed("contrast", 2), means + 0.5 * (clean - means), rtol=1e-4, atol=1e-3
    )
    np.testing.assert_allclose(changed("brightness", 1), clean + 0.1 * 200, rtol=1e-5, atol=1e-3)
    noise = changed("gaussian_noise", 1) - clean
    assert noise.std() == pytest.approx(0.05 * 200, rel=5 / np.sqrt(2 * noise.size))
    covered = changed("occlusion", 3) == 50  # the middle of the range
    side = (round(np.sqrt(0.2) * 24), round(np.sqrt(0.2) * 20))
    assert (covered.sum(axis=(1, 2, 3)) >= side[0] * side[1]).all()
    blurred = ndimage.gaussian_filter(
        clean[0, ..., 0].astype(np.float64), 0.06 * 20, mode="nearest"
    )
    np.testing.assert_allclose(changed("blur", 4)[0, ..., 0], blurred, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_figures_are_those_of_an_evaluation_on_the_corrupted_images(kind: str) -> None:
    whole = made(kind)
    seen, labels = rows(kind)
    found = whole.evaluate(seen, labels, samples=4, shift=["occlusion", "contrast"], bootstrap=20)
    assert list(found.shift) == ["contrast", "occlusion"]
    for name, received in found.shift.items():
        figures = [one for one in received if one != "standard_errors"]
        assert set(received["standard_errors"]) == set(figures)
        assert len(figures) == 3
        for place, severity in enumerate(SEVERITIES):
            changed = CorruptedImages(seen, CORRUPTIONS[name], severity, (0, 16))[:]
            expected = whole.evaluate(changed, labels, samples=4, bootstrap=20)
            for figure in figures:
                assert received[figure][place] == pytest.approx(
                    expected[figure], rel=1e-4, abs=1e-5
                )
                error = received["standard_errors"][figure][place]
                assert error == pytest.approx(expected.standard_errors[figure], rel=1e-3, abs=1e-5)
    json.dumps(found.to_json(), allow_nan=False)


def test_an_ensemble_has_the_figures_of_its_mixture() -> None:
    whole = made("classes", ensemble={"members": 2})
    seen, labels = rows("classes")
    found = whole.evaluate(seen, labels, samples=2, shift="jpeg", bootstrap=0)
    changed = CorruptedImages(seen, CORRUPTIONS["jpeg"], 5, (0, 16))[:]
    expected = whole.evaluate(changed, labels, samples=2, bootstrap=0)
    assert found.shift["jpeg"]["nll"][-1] == pytest.approx(expected["nll"], rel=1e-4)
    assert found.shift["jpeg"]["standard_errors"] == {}


@pytest.mark.parametrize(
    ("shape", "left_out"),
    [([6, 1], {"rotation", "jpeg"}), ([5, 6, 4, 1], {"jpeg"}), ([6, 6, 1], set())],
)
def test_series_and_volumes_have_the_corruptions_that_suit_them(
    shape: list[int], left_out: set[str]
) -> None:
    said: dict[str, Any] = {"input": {"shape": shape, "value_range": [0, 16]}}
    layers = [{"type": "flatten"}, {"type": "dense", "units": 3}]
    whole = program("none", layers=layers, **said)
    seen = np.random.default_rng(0).uniform(0, 16, (8, *shape)).astype(np.float32)
    found = whole.evaluate(seen, np.arange(8) % 3, shift=True, bootstrap=0)
    assert set(found.shift) == set(CORRUPTIONS) - left_out
    for name in left_out:
        with pytest.raises(ArgumentError, match=f"`{name}` is a corruption of images"):
            whole.evaluate(seen, np.arange(8) % 3, shift=name)


def test_other_names_are_refused_with_those_that_there_are() -> None:
    whole = shared_program("none")
    with pytest.raises(ArgumentError, match="gaussian_noise.*Received: 'fog'"):
        whole.evaluate(*arrays(5), shift=["fog"])
    with pytest.raises(ArgumentError, match="names of corruptions. Received: int"):
        whole.evaluate(*arrays(5), shift=3)  # type: ignore[arg-type]
    assert whole.evaluate(*arrays(5), shift=False, bootstrap=0).shift == {}
    assert document()["input"]["value_range"] == [0, 16]
