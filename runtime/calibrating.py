"""Calibrate a program on held-out rows."""

from __future__ import annotations

from typing import Any

from bnnc.errors import ArgumentError
from bnnc.runtime.calibration.fit import fit, refuse_other_outputs, refuse_too_few_rows
from bnnc.runtime.calibration.fitted import FittedCalibration
from bnnc.runtime.calibration.held_out import HeldOut, held_out_rows, validation_rows
from bnnc.runtime.data import DataError
from bnnc.runtime.inputs import integer
from bnnc.runtime.predicting import Predicts
from bnnc.runtime.prepared import Prepared
from bnnc.specs.calibration import (
    Calibration,
    Guarantee,
    PredictionInterval,
    PredictionSets,
    Rejection,
)
from bnnc.specs.section import Section

_EARLY = "early stopping chose the epoch on the same rows: the coverage may be slightly lower than stated"


class Calibrates(Predicts):
    """Calibration, the part of `bnnc.runtime.program.Program` that is fitted after training."""

    def calibrate(
        self,
        data: Any = None,
        labels: Any = None,
        *,
        method: str | None = None,
        sets: Any = None,
        reject: Any = None,
        interval: Any = None,
        samples: int | None = None,
    ) -> FittedCalibration:
        """Fit calibration and guarantees to held-out rows; predictions apply them from then on.

        What is not given is the spec's. Where the spec has nothing either, the temperature of the
        class probabilities is fitted. An earlier calibration is replaced.

        Args:
            data: name or path of a source, of which the validation images are taken, or else the
                training images; or images. The validation rows of the training if None.
            labels: labels of the images: class indices, or as the spec encodes them.
            method: `temperature`, `vector`, `dirichlet` or `isotonic`.
            sets, reject, interval: as these keys of `prediction`, a mapping such as
                `{"method": "raps", "coverage": 0.9}`.
            samples: number of weight draws; the spec's if None.

        Returns: what was fitted; it is `program.calibration` too.
        Raises: DataError for rows that were trained on or are the test rows, too few rows, or
            where there are none; ArgumentError for a program that was not trained, or for what its
            output distribution cannot have.
        """
        trained = self.manifest["trained"]
        if trained is None or not self.trained:
            raise ArgumentError("The program has not been trained: train it first")
        calibration, guarantees = self._to_fit(method, sets=sets, reject=reject, interval=interval)
        refuse_other_outputs(self.spec.output, calibration, guarantees)
        rows = held_out_rows(self.spec, trained, data, labels, self._class_names)
        return self._fit(rows, calibration, guarantees, samples)

    def calibrate_after_training(self, prepared: Prepared) -> FittedCalibration | None:
        """Fit what the spec asks for to the validation rows of a training; None for nothing."""
        if not self.spec.calibrates:
            return None
        rows = validation_rows(prepared.validation)
        return self._fit(rows, self.spec.calibration, self.spec.prediction.guarantees, None)

    def check_calibration(self, prepared: Prepared) -> None:
        """Raise DataError before a training if its validation rows will not do."""
        if not self.spec.calibrates:
            return
        if prepared.validation is None:
            raise DataError(
                "`calibration` and the guarantees of `prediction` are fitted to validation rows, "
                "and there are none: write `data.validation_split`, or pass `validation_data`"
            )
        refuse_too_few_rows(
            prepared.validation.rows,
            self.spec.calibration,
            self.spec.prediction.guarantees,
            prepared.name,
        )

    def _fit(
        self,
        rows: HeldOut,
        calibration: Calibration | None,
        guarantees: dict[str, Guarantee],
        samples: int | None,
    ) -> FittedCalibration:
        stops_early = self.spec.training.early_stopping is not None
        fitted = fit(
            self._predictor,
            rows.images,
            rows.labels,
            samples=self.spec.prediction.samples
            if samples is None
            else integer("samples", samples),
            seed=self.spec.training.seed,
            data=rows.name,
            steps=tuple(model.steps_taken for model in self.models),
            calibration=calibration,
            guarantees=guarantees,
            notes=(_EARLY,) if stops_early and guarantees else (),
        )
        self.manifest["calibration"] = fitted.to_dict()
        return fitted

    def _to_fit(
        self, method: str | None, **given: Any
    ) -> tuple[Calibration | None, dict[str, Guarantee]]:
        """What is asked for, or else what the spec has. Raises: ArgumentError for other values."""
        said = self.spec.prediction.guarantees
        sections = {"sets": PredictionSets, "reject": Rejection, "interval": PredictionInterval}
        guarantees: dict[str, Guarantee] = dict(said)
        for key, value in given.items():
            if value is not None:
                guarantees[key] = _section(sections[key], key, value)
        calibration = self.spec.calibration
        if method is not None:
            calibration = _section(Calibration, "calibration", {"method": method})
        elif calibration is None and not guarantees:
            calibration = Calibration(method="temperature")
        return calibration, guarantees


def _section(section: type[Any], key: str, value: Any) -> Any:
    """The section of a mapping, or as it is. Raises: ArgumentError."""
    if isinstance(value, Section):
        return value
    if not isinstance(value, dict):
        raise ArgumentError(
            f"Expected `{key}` to be a mapping, as in a spec. Received: {type(value).__name__}"
        )
    try:
        return section.model_validate(value)
    except ValueError as error:
        lines = [
            f"{'.'.join(map(str, one['loc'])) or key}: {one['msg']}"
            for one in error.errors()  # type: ignore[attr-defined]
        ]
        raise ArgumentError(
            f"Expected `{key}` as in a spec. Received: {value}. {'; '.join(lines)}"
        ) from error
