"""Real labels that lie far from where the model begins are named before training, with the way out."""

import warnings
from typing import Any

import numpy as np
import pytest

from bnnc.errors import DataWarning
from bnnc.runtime.data.label_statistics import warn_of_labels
from bnnc.specs.outputs.normal import Normal

# Mean 10 and standard deviation 2, exactly.
LABELS = np.array([8.0, 12.0, 8.0, 12.0])


def output(**fields: Any) -> Normal:
    return Normal(
        distribution="normal",
        parameterization="loc_and_unconstrained_scale",
        labels="real",
        **fields,
    )


@pytest.mark.parametrize(
    ("labels", "fields"),
    [
        (LABELS, {"label_mean": 10.0, "label_std": 2.0}),
        (LABELS, {"label_mean": 9.0, "label_std": 3.0}),  # about right is right
        ((LABELS - 10) / 2, {}),
        (np.full(4, 0.5), {}),  # no standard deviation
        (
            np.stack([LABELS, 100 * LABELS], 1),
            {"label_mean": [10.0, 1000.0], "label_std": [2.0, 200.0]},
        ),
    ],
)
def test_labels_near_where_the_model_begins_pass(labels: Any, fields: dict[str, Any]) -> None:
    columns = 1 if labels.ndim == 1 else labels.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_labels(labels, output(event_size=columns, **fields), "the arrays")


@pytest.mark.parametrize(
    ("labels", "fields", "mean", "std"),
    [
        (LABELS, {}, "10", "2"),
        (1000 * LABELS, {"label_mean": 10_000.0}, "1e+04", "2e+03"),
        (LABELS, {"label_mean": 10.0, "label_std": 100.0}, "10", "2"),
        (np.full(4, 512.0), {}, "512", "1"),
        (np.stack([LABELS, LABELS / 100], axis=1), {}, "[10, 0.1]", "[2, 0.02]"),
    ],
)
def test_other_labels_are_named_with_the_two_numbers_to_write(
    labels: Any, fields: dict[str, Any], mean: str, std: str
) -> None:
    columns = 1 if labels.ndim == 1 else labels.shape[1]
    with pytest.warns(DataWarning) as caught:
        warn_of_labels(labels, output(event_size=columns, **fields), "the arrays")
    (one,) = caught
    assert f"Write `label_mean: {mean}` and `label_std: {std}`" in str(one.message)
