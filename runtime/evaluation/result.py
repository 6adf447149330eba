"""The result of an evaluation: figures by name, with standard errors and tables."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Tables = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ScoredImages:
    """Images of another data set, and how strange the model finds each.

    Attributes:
        images: raw values. Shape [images, ...].
        scores: by name, higher for a stranger image. Shape [images] each.
    """

    images: npt.NDArray[Any]
    scores: Mapping[str, npt.NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What an evaluation predicted, image by image.

    Attributes:
        images: raw values. Shape [images, ...].
        labels: class indices, or as the spec encodes others. Shape [images, ...].
        prediction: what `Program.predict` returns of the images.
        scores: by name, higher for an image that is more like another data set's. Shape [images].
        ood: the same of each data set of other images, by its name.
    """

    images: npt.NDArray[Any]
    labels: npt.NDArray[Any]
    prediction: Any
    scores: Mapping[str, npt.NDArray[np.floating]]
    ood: dict[str, ScoredImages] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the labelled images: two evaluations with the same one have the same rows."""
        made = hashlib.sha256()
        for array in (self.images, self.labels):
            values = np.ascontiguousarray(array)
            made.update(f"{values.dtype} {values.shape} ".encode())
            made.update(values.data)
        return made.hexdigest()


class Evaluation(dict[str, float]):
    """Figures by name, as a dictionary, and what is known of them.

    Attributes:
        standard_errors: the standard error of each figure that has one, in the figure's units.
        tables: tables and curves behind the figures, by name, of Python's own numbers and lists.
        members: of an ensemble, the evaluation of each member by itself; otherwise empty.
        ood: detection of each data set of other images, by its name.
        shift: figures of each corruption by severity, by its name.
        calibration: what the prediction is calibrated by, as the manifest has it; None if it is not.
        notes: what a person should know of the data, a sentence each.
        resampled: each figure on every resample of the rows. Shape [resamples].
        predictions: what was predicted for each image, if it was asked for; otherwise None.
    """

    def __init__(
        self,
        figures: Mapping[str, float],
        standard_errors: Mapping[str, float] | None = None,
        tables: Tables | None = None,
        members: tuple[Evaluation, ...] = (),
        *,
        resampled: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> None:
        super().__init__(figures)
        self.standard_errors = dict(standard_errors or {})
        self.tables = dict(tables or {})
        self.members = members
        self.ood: Tables = {}
        self.shift: Tables = {}
        self.calibration: Tables | None = None
        self.notes: tuple[str, ...] = ()
        self.resampled = dict(resampled or {})
        self.predictions: Predictions | None = None

    def add(self, other: Evaluation) -> None:
        """Take over the figures and standard errors of another evaluation of the same rows."""
        self.update(other)
        self.standard_errors |= other.standard_errors

    def to_json(self) -> dict[str, Any]:
        """Everything as one JSON object; what is not a finite number is None."""
        whole: dict[str, Any] = {
            **self,
            "standard_errors": self.standard_errors,
            "tables": self.tables,
        }
        if self.members:
            whole["each_member"] = [
                {**one, "standard_errors": one.standard_errors} for one in self.members
            ]
        for name in ("calibration", "ood", "shift", "notes"):
            if getattr(self, name):
                whole[name] = getattr(self, name)
        made: dict[str, Any] = finite(whole)
        return made


def finite(value: Any) -> Any:
    """The value with None for every number that JSON does not have."""
    if isinstance(value, Mapping):
        return {str(key): finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
