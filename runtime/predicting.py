"""Prediction and evaluation of a program: checked images in, averages over weight draws out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.errors import ArgumentError
from bnnc.runtime.artifacts import Manifest
from bnnc.runtime.calibration.fit import images_digest
from bnnc.runtime.calibration.fitted import FittedCalibration
from bnnc.runtime.data import KNOWN_SOURCES
from bnnc.runtime.evaluation.evaluate import evaluate
from bnnc.runtime.evaluation.other_data import is_trained_on, other_images
from bnnc.runtime.evaluation.out_of_distribution import detection_of, scores_of
from bnnc.runtime.evaluation.result import Evaluation, Predictions, ScoredImages
from bnnc.runtime.evaluation.shift import chosen_corruptions, shifted
from bnnc.runtime.figures.plots import Plots
from bnnc.runtime.inputs import (
    dataset_to_evaluate,
    images_to_predict,
    integer,
    rows_to_evaluate,
)
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.prediction.predictors import AnyPrediction, AnyPredictor, predictor_of, unchanged
from bnnc.runtime.prediction.regression_prediction import NumberPrediction
from bnnc.runtime.prediction.single_draws import single_draws
from bnnc.runtime.preparation import load_dataset, said_reading
from bnnc.runtime.training.ema import batch_count
from bnnc.runtime.training.notes import on_balance
from bnnc.specs import Spec
from bnnc.specs.evaluation import Evaluation as EvaluationSection
from bnnc.specs.sources import FROM_PYTHON, source_path

if TYPE_CHECKING:
    from bnnc.runtime.exporting.export import Export
    from bnnc.runtime.exporting.preflight import Precision

_OTHER_DATA = (
    "{} is not the data of the training, which was {}: these figures are those of other data"
)
_CHANGED_DATA = (
    "{} has changed since the training: its training or validation rows are not those that the model "
    "was trained on"
)
_FITTED = "the calibration was fitted to these images: their figures are too good"
_OWN_DATA = "{} is the data of the training: none of its images is out of distribution"


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

    @property
    def plot(self) -> Plots:
        """Figures on matplotlib axes, as `program.plot.reliability(evaluation)`."""
        return Plots(self)

    def predict(
        self,
        images: Any,
        samples: int | None = None,
        *,
        seed: int | None = None,
        draws: bool = False,
        calibrated: bool = True,
    ) -> AnyPrediction:
        """Predict images, averaged over draws of the weights.

        Shapes: images [images, height, width, channels] of raw values -> [images, ...].

        Args:
            images: raw values; checked against the spec's shape and value range.
            samples: number of draws, of each member of an ensemble; the spec's
                `prediction.samples` if None.
            seed: seed of the draws; the spec's, or each member's own, if None.
            draws: whether to keep what each draw predicts by itself, as `prediction.draws`. It
                takes a second prediction, and memory for every draw: 2 GiB at most.
            calibrated: whether to apply the program's calibration, if it has one.

        Returns: what the output distribution is predicted by: a `Prediction` of classes, a
            `LabelSetPrediction` of independent_bernoulli, a `NumberPrediction` of real labels and
            counts. The type is that of the spec, which is not known before it runs.
        Raises: DataError for images that the spec does not describe; ArgumentError if samples < 1,
            or if the draws do not fit.
        """
        asked = self._asked(images, samples, seed)
        # First, as they may not fit.
        kept = single_draws(self._predictor, *asked) if draws else None
        prediction = replace(self._predictor.predict(*asked), draws=kept)
        fitted = self.calibration if calibrated else None
        prediction = prediction if fitted is None else fitted.applied(prediction)
        names = self._class_names
        if names is None or isinstance(prediction, NumberPrediction):
            return prediction
        return replace(prediction, class_names=names)

    @property
    def calibration(self) -> FittedCalibration | None:
        """What its predictions are calibrated by; None if they are not, or it was trained since."""
        values = self.manifest.get("calibration")
        steps = [model.steps_taken for model in self.models]
        if values is None or values["steps"] != steps:
            return None
        return FittedCalibration.from_dict(values)

    def note_on_balance(self, *, calibrated: bool = True) -> str:
        """What balanced classes do to its predictions; nothing where that is corrected."""
        fitted = self.calibration if calibrated else None
        probabilities = None if fitted is None else fitted.probabilities
        method = None if probabilities is None else probabilities.calibrator.method
        return on_balance(self.spec, method)

    @property
    def trained(self) -> bool:
        """Whether every optimizer has taken a step, through this program or through Keras."""
        return all(int(batch_count(model.optimizer).numpy()) > 0 for model in self.models)

    @property
    def _class_names(self) -> tuple[str, ...] | None:
        """Names of the classes that it was trained on, where the data had them."""
        names = (self.manifest["trained"] or {}).get("class_names")
        return tuple(names) if names else None

    @property
    def _feature_names(self) -> tuple[str, ...] | None:
        """Columns of the table that it was trained on; None for data without names."""
        names = (self.manifest["trained"] or {}).get("feature_names")
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
        self,
        data: Any = None,
        labels: Any = None,
        *,
        samples: int | None = None,
        ood: Any = None,
        shift: bool | str | Sequence[str] | None = None,
        bootstrap: int | None = None,
        keep_predictions: bool = False,
        calibrated: bool = True,
    ) -> Evaluation:
        """Figures on the test split of a source, or on arrays, each with its standard error.

        Args:
            data: name or path of a source, or images; what the program was trained on, or the
                spec's own source, if None.
            labels: labels of the images: class indices, or as the spec encodes them.
            samples: number of weight draws; the spec's if None.
            ood: data to tell from these images by the uncertainty of the prediction: a source, a
                list of sources and arrays, or a mapping of names to them. Of a source the test
                images are taken, and no labels. Those of the spec's `evaluation` if None; `()` for
                none.
            shift: whether to evaluate corrupted images too, in five severities, "all", or the names
                of the corruptions (`bnnc.runtime.evaluation.corruptions.CORRUPTIONS`). As the
                spec's `evaluation` says if None.
            bootstrap: resamples of the rows that the standard errors are taken over; 0 for none. The
                spec's, or 1,000, if None.
            keep_predictions: whether to keep the images with what was predicted for each, as
                `.predictions`.
            calibrated: whether to apply the program's calibration, if it has one. The figures of
                each member of an ensemble are uncalibrated.

        Returns: a dictionary of the figures, with `rows`; `.standard_errors`, `.tables`, `.ood`,
            `.shift`, and of an ensemble `.members`. The figures of classes are those of
            `evaluate_classes`, of numbers those of `evaluate_numbers`, of label sets those of
            `evaluate_label_sets`.
        Raises: DataError for data that cannot be used; ArgumentError if there is none, or for
            arguments out of range.
        """
        asked = self.spec.evaluation or EvaluationSection()
        bootstrap = asked.bootstrap if bootstrap is None else bootstrap
        bootstrap = integer("bootstrap", bootstrap, at_least=0)
        if bootstrap == 1:
            raise ArgumentError("Expected `bootstrap` to be 0, or at least 2. Received: 1")
        ood = self._said_ood() if ood is None else ood
        others = other_images(self.spec, self.manifest["trained"], ood)
        corruptions = chosen_corruptions(self.spec, asked.shift if shift is None else shift)
        notes = []
        is_own = data is None or self._is_own(data)
        if data is None:
            data = self._own_source()
        if isinstance(data, str | Path):
            name = data
            data = dataset_to_evaluate(
                self.spec,
                data,
                self._class_names,
                is_own=is_own,
                feature_names=self._feature_names,
            )
            if is_trained_on(self.spec, self.manifest["trained"], data) is False:
                said = _CHANGED_DATA if is_own else _OTHER_DATA
                notes.append(said.format(name, self._own_name()))
        split = rows_to_evaluate(
            self.spec,
            data,
            labels,
            class_names=self._class_names,
            feature_names=self._feature_names,
            is_own=is_own,
        )
        images, samples, seed = self._asked(split.images, samples)
        fitted = self.calibration if calibrated else None
        finish = unchanged if fitted is None else fitted.applied
        made, scores, prediction = evaluate(
            self._predictor,
            images,
            split.labels,
            samples,
            seed,
            resamples=bootstrap,
            class_names=self._class_names,
            finish=finish,
        )
        made.calibration = None if fitted is None else fitted.to_dict()
        if fitted is not None and fitted.digest == images_digest(images):
            notes.append(_FITTED)
        made["rows"] = len(split.images)
        if keep_predictions:
            made.predictions = Predictions(images, split.labels, prediction, scores)
        for one in others:
            found = scores_of(self._predictor, one.images, samples, seed, finish)
            made.ood[one.name] = {
                "rows": len(one.images),
                "share": len(one.images) / (len(one.images) + len(images)),
                "is_training_data": one.is_own,
                "scores": detection_of(scores, found, resamples=bootstrap),
            }
            if made.predictions is not None:
                made.predictions.ood[one.name] = ScoredImages(one.images, found)
            if one.is_own:
                notes.append(_OWN_DATA.format(one.name))
        if corruptions:
            made.shift = shifted(
                self._predictor,
                images,
                split.labels,
                samples,
                seed,
                corruptions=corruptions,
                value_range=self.spec.input.limits,
                resamples=bootstrap,
                finish=finish,
            )
        if balance := self.note_on_balance(calibrated=calibrated):
            notes.append(balance)
        made.notes = tuple(notes)
        return made

    def _said_ood(self) -> dict[str, str]:
        """The sources of the spec's `evaluation.ood`, and where they are from here."""
        said = () if self.spec.evaluation is None else self.spec.evaluation.ood
        return {
            one: one if one in KNOWN_SOURCES else str(source_path(one, self.folder)) for one in said
        }

    def export(
        self,
        folder: str | Path,
        format: str = "saved-model",
        *,
        samples: int | None = None,
        seed: int | None = None,
        fresh: bool = False,
        precision: Precision = "float32",
        calibrated: bool = True,
    ) -> Export:
        """Write the prediction into a folder, for programs that have no bnnc.

        What is exported takes raw images, and gives the arrays of `predict` under their names:
        preprocessing, weight draws, their mixture and the calibration are inside. It is compared
        with `predict` on eight images in the format's own runtime, where that is installed.

        Args:
            folder: the folder to write; an earlier export in the same format is replaced.
            format: "saved-model", "onnx" or "litert".
            samples: number of draws, of each member of an ensemble; the spec's if None.
            seed: seed of the draws; the spec's, or each member's own, if None.
            fresh: whether to draw weights anew at each call; of a SavedModel alone. Otherwise the
                draws are those of `predict` with this number and seed, as constants.
            precision: "float32"; of litert also "float16", or "int8" for weights of 8 bits.
            calibrated: whether the program's calibration is inside, if it has one.

        Returns: what was written.
        Raises: ArgumentError for arguments that contradict each other; MissingExtraError if a
            library is not installed; OutputError for a folder that is not an export in the same
            format; ExportError for a model that the format cannot hold, or if what was written
            differs from `predict` by more than rounding explains.
        """
        from bnnc.runtime.exporting.export import export

        return export(
            self,
            self._predictor,
            Path(folder),
            format,
            samples=integer(
                "samples", self.spec.prediction.samples if samples is None else samples, at_least=1
            ),
            seed=None if seed is None else integer("seed", seed),
            fresh=fresh,
            precision=precision,
            calibrated=calibrated,
        )

    def _own_name(self) -> str:
        """What it was trained on, in a few words."""
        name = str((self.manifest["trained"] or {}).get("data"))
        return FROM_PYTHON.get(name, name)

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
        if trained is not None and trained["data"] not in FROM_PYTHON:
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
