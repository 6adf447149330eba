"""Predictions in words and numbers for people: what the page shows of each row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bnnc.serving.protocol import numbers
from bnnc.serving.served import Arrays, ServedModel

_MOST_CLASSES: Final = 10
# Central intervals, by the levels of their ends.
_SHARES: Final = (0.5, 0.9, 0.95)

Answer = dict[str, Any]


def answers(names: list[str], made: Arrays, model: ServedModel) -> list[Answer]:
    """What was predicted for each row, as plain values for JSON.

    `epistemic_share` is the share of the uncertainty that the draws of the weights disagree on: of
    the entropy in nats, and of numbers of the variance. None where there is no uncertainty.
    """
    kind = _of_class if "label" in made else _of_labels if "labels" in made else _of_number
    return [
        {"name": name, **kind({key: values[row] for key, values in made.items()}, model)}
        for row, name in enumerate(names)
    ]


def _of_class(row: Arrays, model: ServedModel) -> Answer:
    probs, label = row["probs"], int(row["label"])
    order = np.argsort(-probs, kind="stable")
    called = _class_names(model, len(probs))
    made: Answer = {
        "kind": "class",
        "label": label,
        "class": called[label],
        "confidence": _rounded(row["confidence"]),
        **_entropies(row),
    }
    if "sets" in row:
        made["set"] = [called[one] for one in order if row["sets"][one]]
    if "rejected" in row:
        made["rejected"] = bool(row["rejected"])
    made["probabilities"] = [
        {"class": called[one], "probability": _rounded(probs[one])} for one in order[:_MOST_CLASSES]
    ]
    return made


def _of_labels(row: Arrays, model: ServedModel) -> Answer:
    probs = row["probs"]
    order = np.argsort(-probs, kind="stable")
    called = _class_names(model, len(probs))
    return {
        "kind": "labels",
        "labels": [called[one] for one in np.flatnonzero(row["labels"])],
        **_entropies(row),
        "probabilities": [
            {"class": called[one], "probability": _rounded(probs[one])}
            for one in order[:_MOST_CLASSES]
        ],
    }


def _of_number(row: Arrays, model: ServedModel) -> Answer:
    levels = np.asarray(model.levels)
    spread, epistemic = np.square(row["std"]), np.square(row["epistemic_std"])

    def at(level: float) -> Any:
        return row["quantiles"][int(np.argmin(np.abs(levels - level)))]

    made: Answer = {
        "kind": "number",
        **{name: _rounded(row[name]) for name in ("mean", "std")},
        **{name: _rounded(row[name]) for name in ("aleatoric_std", "epistemic_std")},
        "epistemic_share": _share(epistemic.sum(), spread.sum()),
        "intervals": [
            {
                "share": share,
                "lower": _rounded(at((1 - share) / 2)),
                "upper": _rounded(at((1 + share) / 2)),
            }
            for share in _SHARES
        ],
    }
    if "conformal_interval" in row:
        lower, upper = row["conformal_interval"]
        made["conformal_interval"] = {"lower": _rounded(lower), "upper": _rounded(upper)}
    return made


def _entropies(row: Arrays) -> Answer:
    """Entropies in nats; of several labels their sums. Before a calibration, the draws' own."""
    information, expected = row["mutual_information"].sum(), row["expected_entropy"].sum()
    return {
        "entropy": _rounded(row["entropy"].sum()),
        "mutual_information": _rounded(information),
        "epistemic_share": _share(information, information + expected),
    }


def _share(part: Any, whole: Any) -> float | None:
    if not whole > 1e-9:  # nats, or squared units: rounding alone
        return None
    return float(_rounded(np.asarray(part / whole)))


def _class_names(model: ServedModel, count: int) -> tuple[str, ...]:
    return model.class_names or tuple(map(str, range(count)))


def _rounded(value: Any) -> Any:
    """A number, or a list of them, with six digits behind the point; None for infinity."""
    found = numbers(np.round(np.atleast_1d(np.asarray(value, np.float64)), 6))
    return found[0] if np.ndim(value) == 0 else found
