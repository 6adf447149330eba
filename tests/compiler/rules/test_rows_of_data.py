"""What the rules about every row of the data find, beyond the examples on their pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

RNG = np.random.default_rng(41)
IMAGES = RNG.random((300, 6, 6, 3)).astype(np.float32)
LABELS = np.arange(300) % 4
SPEC: dict[str, Any] = {
    "bnnc": 1,
    "name": "rows",
    "input": {"shape": [6, 6, 3], "value_range": [0, 1]},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 4}],
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 4,
        "labels": "integer",
    },
    "training": {"optimizer": {"type": "adam", "learning_rate": 0.01}, "epochs": 30},
    "data": {"source": "rows.npz"},
}

Find = Callable[..., list[Diagnostic]]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """The findings about a spec with some sections changed, on data that is written."""

    def found(changes: dict[str, dict[str, Any]] | None = None, **arrays: Any) -> list[Diagnostic]:
        written: dict[str, Any] = {"x_train": IMAGES, "y_train": LABELS} | arrays
        np.savez(tmp_path / "rows.npz", **written)
        spec = {
            key: dict(value) if isinstance(value, dict) else value for key, value in SPEC.items()
        }
        for section, keys in (changes or {}).items():
            spec[section] |= keys
        return list(bnnc.check(spec, folder=tmp_path, data=True).diagnostics)

    return found


def codes(found: list[Diagnostic]) -> list[str]:
    return [one.code for one in found]


def test_right_data_has_no_finding(find: Find) -> None:
    assert find() == []


def test_a_report_has_the_survey_only_where_it_was_asked_for(find: Find, tmp_path: Path) -> None:
    find()
    report = bnnc.check(SPEC, folder=tmp_path)
    assert report.survey is None
    report = bnnc.check(SPEC, folder=tmp_path, data=True)
    assert report.survey is not None
    np.testing.assert_allclose(report.survey.mean, IMAGES.mean((0, 1, 2)), rtol=1e-6)
    assert report.facts is not None
    assert report.facts.label_counts == (75,) * 4


@pytest.mark.parametrize(
    ("section", "is_found"),
    [
        ({"mean": 0.5, "std": 0.29}, False),
        ({"mean": [0.5, 0.5, 0.5], "std": [0.29, 0.29, 0.29]}, False),
        ({"mean": [0.5, 0.5, 0.5], "std": [0.29, 0.29, 0.1]}, True),  # a third of the true one
        ({"mean": [0.5, 0.5, 0.1], "std": 0.29}, True),  # 1.38 standard deviations off
        ({"mean": 0.25, "std": 0.29}, False),  # 0.86 of them
        ({"mean": 0.5, "std": 0.5}, False),
        ({"mean": 0.5, "std": 0.6}, True),  # 2.08 times the true one
    ],
)
def test_a_standardisation_is_compared_channel_by_channel(
    find: Find, section: dict[str, Any], is_found: bool
) -> None:
    assert codes(find({"input": section})) == ["BNN275"] * is_found


def test_both_held_out_parts_are_in_one_finding(find: Find) -> None:
    held = RNG.random((20, 6, 6, 3)).astype(np.float32)
    held[3] = IMAGES[8]
    labels = LABELS[:20].copy()
    labels[3] = LABELS[8]
    arrays = {"x_val": held, "y_val": labels, "x_test": held[:10], "y_test": labels[:10]}
    (one,) = find(**arrays)
    assert one.code == "BNN276"
    assert "1 of 20 validation images" in one.message
    assert any("1 of 10 test images" in note for note in one.notes)
    assert "`validation[3]` is `train[8]`" in one.notes[0]


def test_blank_images_are_no_leak_and_no_wrong_label(find: Find) -> None:
    images, held = IMAGES.copy(), RNG.random((20, 6, 6, 3)).astype(np.float32)
    images[[4, 9]] = held[2] = 0.0
    assert codes(find(x_train=images, x_test=held, y_test=LABELS[:20])) == ["BNN291"]


def test_a_validation_split_that_misses_a_class_says_what_to_write(find: Find) -> None:
    labels = np.where(np.arange(300) < 290, np.arange(300) % 3, 3)
    seeds = range(20)
    found = {
        seed: find({"data": {"validation_split": 0.1}, "training": {"seed": seed}}, y_train=labels)
        for seed in seeds
    }
    missed = []
    for seed, diagnostics in found.items():
        rows = np.random.default_rng([seed, int.from_bytes(b"split", "big")]).permutation(300)[:30]
        if 3 not in labels[rows]:
            missed.append(seed)
            (one,) = diagnostics
            assert one.code == "BNN277"
            assert one.help == (
                "write `splits: {validation: 0.1, stratified: true}` instead of `validation_split`",
            )
        else:
            assert diagnostics == []
    assert 0 < len(missed) < len(seeds)


def test_a_class_too_rare_for_the_share_has_another_remedy(find: Find) -> None:
    labels = np.where(np.arange(300) == 17, 3, np.arange(300) % 3)
    (one,) = find({"data": {"splits": {"test": 0.1, "seed": 2}}}, y_train=labels)
    assert one.message == "no test row has the class `3`"
    assert one.help == ("add images of the rare classes, or choose a larger share for test",)
    assert one.fixes == ()


def test_a_class_whose_rows_are_all_taken_out_is_found(find: Find) -> None:
    labels = np.where(np.arange(300) == 17, 3, np.arange(300) % 3)
    (one,) = find({"data": {"splits": {"test": 0.1, "seed": 1}}}, y_train=labels)
    assert one.message == "no training row has the class `3`"
    assert [fix.description for fix in one.fixes] == ["write `stratified: true`"]


def test_classes_that_are_numbered_from_1_are_recognised(find: Find) -> None:
    found = find(y_train=LABELS + 1)
    assert "BNN213" not in codes(found)
    one = next(one for one in found if one.code == "BNN280")
    assert one.message == "75 of 300 rows have labels outside of 0 to 3"
    assert one.help == ("number the classes from 0: subtract 1 from every label in the data",)


def test_labels_that_are_numbers_have_no_rules_of_classes(find: Find, tmp_path: Path) -> None:
    images = IMAGES.copy()
    images[1] = images[0]
    find(x_train=images, y_train=RNG.normal(size=300))
    output = {"distribution": "normal", "parameterization": "loc_and_scale", "labels": "real"}
    layers = [{"type": "flatten"}, {"type": "dense", "units": 2}]
    report = bnnc.check(SPEC | {"output": output, "layers": layers}, folder=tmp_path, data=True)
    assert report.survey is not None
    assert [len(group) for group in report.survey.duplicates] == [2]
    assert not {"BNN277", "BNN278", "BNN280"} & set(codes(list(report.diagnostics)))


def test_values_outside_the_range_have_a_fix(find: Find) -> None:
    found = find({"input": {"value_range": [0, 0.5]}})
    one = next(one for one in found if one.code == "BNN290")
    assert one.fixes[0].description == "write `value_range: [0, 1]`"


def test_uint8_images_beyond_the_range_are_found(find: Find) -> None:
    images = (IMAGES * 255).astype(np.uint8)
    found = find({"input": {"value_range": [0, 16]}}, x_train=images)
    assert "BNN290" in codes(found)
