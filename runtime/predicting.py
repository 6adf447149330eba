"""Prediction and evaluation of a program: checked images in, averages over weight draws out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy.typing as npt
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.errors import ArgumentError
from bnnc.runtime.artifacts import Manifest
from bnnc.runtime.inputs import images_to_predict, integer, rows_to_evaluate
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.prediction.predictors import AnyPrediction, AnyPredictor, evaluate, predictor_of
from bnnc.runtime.prediction.regression_prediction import NumberPrediction
from bnnc.runtime.preparation import load_dataset, said_reading
from bnnc.specs import Spec
from bnnc.specs.sources import source_path


class Predicts:
    """Prediction and evaluation, the part of `bnnc.runtime.program.Program` that uses its weights."""

    spec: Spec
    models: Sequence[BayesianModel]
    manifest: Manifest
    folder: Path | None

    @property
    def model(self) -> BayesianModel:
        """The Keras model."""
        return self.models[0]

    def predict(
        self, images: Any, samples: int | None = None, *, seed: int | None = None
    ) -> AnyPrediction:
        """Predict images, averaged over draws of the weights.

        Shapes: images [images, height, width, channels] of raw values -> [images, ...].

        Args:
            images: raw values; checked against the spec's shape and value range.
            samples: number of draws, of each member of an ensemble; the spec's
                `prediction.samples` if None.
            seed: seed of the draws; the spec's, or each member's own, if None.

        Returns: what the output distribution is predicted by: a `Prediction` of classes, a
            `LabelSetPrediction` of independent_bernoulli, a `NumberPrediction` of real labels and
            counts. The type is that of the spec, which is not known before it runs.
        Raises: DataError for images that the spec does not describe; ArgumentError if samples < 1.
        """
        prediction = self._predictor.predict(*self._asked(images, samples, seed))
        names = self._class_names
        if names is None or isinstance(prediction, NumberPrediction):
            return prediction
        return replace(prediction, class_names=names)

    @property
    def _class_names(self) -> tuple[str, ...] | None:
        """Names of the classes that it was trained on, where the data had them."""
        names = (self.manifest["trained"] or {}).get("class_names")
        return tuple(names) if names else None

    def _asked(
        self, images: Any, samples: int | None, seed: int | None = None
    ) -> tuple[npt.NDArray[Any], int, int | None]:
        """Images, samples and seed of a prediction, checked. Raises: as `predict`."""
        return (
            images_to_predict(self.spec, images),
            self.spec.prediction.samples if samples is None else integer("samples", samples),
            None if seed is None else integer("seed", seed),
        )

    def draws(self, samples: int | None = None) -> int:
        """Draws of the weights that a prediction takes, for so many samples or for the spec's.

        One of a deterministic model, and of members of one kernel no more than they are; of an
        ensemble those of all members together.
        """
        return self._predictor.draws(samples or self.spec.prediction.samples)

    def evaluate(
        self, data: Any = None, labels: Any = None, *, samples: int | None = None
    ) -> dict[str, float]:
        """Metrics on the test split of a source, or on arrays.

        Args:
            data: name or path of a source, or images; what the program was trained on, or the
                spec's own source, if None.
            labels: labels of the images: class indices, or as the spec encodes them.
            samples: number of weight draws; the spec's if None.

        Returns: rows, and the metrics of the output distribution: as `classification_metrics`,
            `NumberPredictor.evaluate` or `LabelSetPredictor.evaluate` says.
        Raises: DataError for data that cannot be used; ArgumentError if there is none.
        """
        is_own = data is None or self._is_own(data)
        data = self._own_source() if data is None else data
        split = rows_to_evaluate(
            self.spec, data, labels, class_names=self._class_names, is_own=is_own
        )
        images, samples, seed = self._asked(split.images, samples)
        metrics = evaluate(self._predictor, images, split.labels, samples, seed)
        return {**metrics, "rows": len(split.images)}

    def distribution(self, images: Any) -> tfp.distributions.Distribution:
        """The output distribution for one draw of the noise, new on every call.

        Shapes: images [batch, height, width, channels] of raw values -> batch shape [batch].
        """
        return self.model.distribution(tf.cast(images, tf.float32))

    def _is_own(self, data: Any) -> bool:
        """Whether a source is the one that it was trained on, or else the spec's own."""
        if not isinstance(data, str | Path):
            return False
        trained, said = self.manifest["trained"], self.spec.data
        if trained is not None:
            own, folder = str(trained["data"]), None
        elif said is not None:
            own, folder = said.source, self.folder
        else:
            return False
        try:
            return str(data) == own or (
                source_path(str(data)).resolve() == source_path(own, folder).resolve()
            )
        except (OSError, RuntimeError):  # loading it says what is wrong
            return False

    def _own_source(self) -> str:
        """Name or path of what it was trained on, or else of the spec's own data."""
        trained, data = self.manifest["trained"], self.spec.data
        if trained is not None and trained["data"] not in {"arrays", "dataset"}:
            return str(trained["data"])
        if trained is not None or data is None:
            raise ArgumentError("There is no data to evaluate on: pass a source, or arrays")
        _, name = load_dataset(
            data.source, self.folder, classes=data.classes, reading=said_reading(self.spec)
        )
        return name

    @cached_property
    def _predictor(self) -> AnyPredictor:
        return predictor_of(self.model)
