"""What was fitted to held-out rows, and how it is applied to a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bnnc.runtime.calibration.calibrators import Calibrator, Temperature, read_calibrator
from bnnc.runtime.calibration.conformal import class_scores, interval_of
from bnnc.runtime.calibration.rejection import REJECTS_ALL
from bnnc.runtime.prediction.prediction import Prediction, entropy_of
from bnnc.runtime.prediction.predictors import AnyPrediction
from bnnc.runtime.prediction.regression_prediction import NumberPrediction
from bnnc.specs.calibration import PredictionInterval, PredictionSets, Rejection
from bnnc.system.table import Shown, Table


@dataclass(frozen=True, eq=False)
class FittedCalibrator:
    """A calibrator, and the rows that it was fitted to.

    Attributes:
        calibrator: the map of the class probabilities.
        rows: number of rows.
        nll_before, nll_after: mean NLL on these rows, in nats.
    """

    calibrator: Calibrator
    rows: int
    nll_before: float
    nll_after: float

    @property
    def name(self) -> str:
        """The method, with its number if it is one."""
        one = self.calibrator
        number = f" {one.temperature:.3g}" if isinstance(one, Temperature) else ""
        return one.method + number


@dataclass(frozen=True, eq=False)
class FittedSets:
    """Prediction sets: the classes whose scores are at most a threshold."""

    section: PredictionSets
    rows: int
    threshold: float

    @property
    def name(self) -> str:
        """In a few words."""
        return f"{self.section.method} sets of coverage {self.section.coverage:g}"


@dataclass(frozen=True, eq=False)
class FittedRejection:
    """Rejection: images whose confidence is at most a threshold are rejected."""

    section: Rejection
    rows: int
    threshold: float

    @property
    def name(self) -> str:
        """In a few words."""
        return f"rejection at risk {self.section.risk:g}"


@dataclass(frozen=True, eq=False)
class FittedInterval:
    """Intervals of the numbers whose scores are at most a threshold, one for each column."""

    section: PredictionInterval
    rows: int
    thresholds: tuple[float, ...]

    @property
    def name(self) -> str:
        """In a few words."""
        return f"{self.section.method} intervals of coverage {self.section.coverage:g}"


@dataclass(frozen=True, eq=False, repr=False)
class FittedCalibration(Shown):
    """What a program was calibrated by: probabilities, sets, rejection and intervals.

    Attributes:
        data: the rows in a few words, such as "validation images of digits".
        digest: SHA-256 of the images.
        samples: weight draws of the predictions that it was fitted to.
        steps: training steps of each model at that time; it is not that of other weights.
        probabilities, sets, rejection, interval: what was fitted, or None.
        notes: what a person should know, a sentence each.
    """

    data: str
    digest: str
    samples: int
    steps: tuple[int, ...]
    probabilities: FittedCalibrator | None = None
    sets: FittedSets | None = None
    rejection: FittedRejection | None = None
    interval: FittedInterval | None = None
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How the predictions are calibrated, in one line."""
        parts = []
        if self.probabilities is not None:
            one = self.probabilities
            parts.append(f"calibrated by {one.name} on {one.rows:,} {self.data}")
        fitted = [one for one in (self.sets, self.rejection, self.interval) if one is not None]
        if fitted:
            names = " and ".join(one.name for one in fitted)
            parts.append(f"{names} on {fitted[0].rows:,} {self.data}")
        return "; ".join(parts)

    def _table(self) -> Table:
        values = [("weight draws", f"{self.samples:,}")]
        if self.probabilities is not None:
            one = self.probabilities
            error = getattr(one.calibrator, "standard_error", None)
            shown = one.name + ("" if error is None else f" \N{PLUS-MINUS SIGN} {error:.2g}")
            values += [
                ("probabilities", f"{shown}, on {one.rows:,} {self.data}"),
                ("their nll", f"{one.nll_before:.4f}, calibrated {one.nll_after:.4f}"),
            ]
        if self.sets is not None:
            fitted = f"{self.sets.name}, on {self.sets.rows:,} {self.data}"
            values.append(("sets", f"{fitted}: scores up to {self.sets.threshold:.4g}"))
        if self.rejection is not None:
            limit = f"confidence above {self.rejection.threshold:.4g}"
            if self.rejection.threshold == REJECTS_ALL:
                limit = "no confidence is high enough, so that all images are rejected"
            fitted = f"{self.rejection.name}, on {self.rejection.rows:,} {self.data}"
            values.append(("accepted", f"{fitted}: {limit}"))
        if self.interval is not None:
            scores = ", ".join(f"{one:.4g}" for one in self.interval.thresholds)
            fitted = f"{self.interval.name}, on {self.interval.rows:,} {self.data}"
            values.append(("interval", f"{fitted}: scores up to {scores}"))
        return Table("Calibration", values=tuple(values), below=self.notes)

    def applied(self, prediction: AnyPrediction) -> AnyPrediction:
        """The prediction with calibrated probabilities, and with sets, rejection or intervals.

        The expected entropy and the mutual information stay those of the uncalibrated draws.
        """
        if isinstance(prediction, Prediction):
            return self._of_classes(prediction)
        if isinstance(prediction, NumberPrediction) and self.interval is not None:
            fitted = self.interval
            thresholds = np.array(fitted.thresholds)
            ends = interval_of(
                fitted.section.method,
                fitted.section.coverage,
                prediction,
                thresholds[0] if prediction.mean.ndim == 1 else thresholds,
            )
            return replace(prediction, conformal_interval=ends, calibration=self.summary)
        return prediction

    def _of_classes(self, prediction: Prediction) -> Prediction:
        if self.probabilities is not None:
            probs = self.probabilities.calibrator(prediction.probs).astype(np.float32)
            prediction = replace(prediction, probs=probs, entropy=entropy_of(probs))
        if self.sets is not None:
            scores = class_scores(self.sets.section, prediction.probs)
            prediction = replace(prediction, sets=scores <= self.sets.threshold)
        if self.rejection is not None:
            rejected = prediction.confidence <= self.rejection.threshold
            prediction = replace(prediction, rejected=rejected)
        return replace(prediction, calibration=self.summary)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for the manifest and for JSON."""
        made: dict[str, Any] = {
            "data": self.data,
            "digest": self.digest,
            "samples": self.samples,
            "steps": list(self.steps),
        }
        if self.probabilities is not None:
            one = self.probabilities
            made["probabilities"] = {
                "method": one.calibrator.method,
                "rows": one.rows,
                "nll_before": one.nll_before,
                "nll_after": one.nll_after,
                "parameters": one.calibrator.parameters(),
            }
        for key, part in (("sets", self.sets), ("reject", self.rejection)):
            if part is not None:
                finite = part.threshold if part.threshold != REJECTS_ALL else None
                made[key] = {**part.section.model_dump(), "rows": part.rows, "threshold": finite}
        if self.interval is not None:
            made["interval"] = {
                **self.interval.section.model_dump(),
                "rows": self.interval.rows,
                "thresholds": list(self.interval.thresholds),
            }
        return made

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FittedCalibration:
        """What `to_dict` was called on."""
        probabilities = sets = rejection = interval = None
        if (said := values.get("probabilities")) is not None:
            probabilities = FittedCalibrator(
                read_calibrator(said["method"], said["parameters"]),
                said["rows"],
                said["nll_before"],
                said["nll_after"],
            )
        if (said := values.get("sets")) is not None:
            section = PredictionSets.model_validate(_without(said, "threshold"))
            sets = FittedSets(section, said["rows"], said["threshold"])
        if (said := values.get("reject")) is not None:
            threshold = REJECTS_ALL if said["threshold"] is None else said["threshold"]
            rejection = FittedRejection(
                Rejection.model_validate(_without(said, "threshold")), said["rows"], threshold
            )
        if (said := values.get("interval")) is not None:
            interval = FittedInterval(
                PredictionInterval.model_validate(_without(said, "thresholds")),
                said["rows"],
                tuple(said["thresholds"]),
            )
        return cls(
            data=values["data"],
            digest=values["digest"],
            samples=values["samples"],
            steps=tuple(values["steps"]),
            probabilities=probabilities,
            sets=sets,
            rejection=rejection,
            interval=interval,
        )


def _without(values: Mapping[str, Any], fitted: str) -> dict[str, Any]:
    """What the section said, without what was fitted."""
    return {key: value for key, value in values.items() if key not in {"rows", fitted}}
