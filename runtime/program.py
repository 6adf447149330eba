"""A compiled spec: a Keras model that trains, predicts, and is saved with all that made it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy.typing as npt
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.artifacts import (
    MANIFEST,
    MODEL,
    WRITTEN,
    IdentityError,
    Manifest,
    load_model,
    new_identity,
    read_manifest,
    read_source,
    read_spec,
    refuse_other_identity,
    refuse_other_model,
    write_program,
)
from bnnc.runtime.averaging import batches_taken, show_weights
from bnnc.runtime.data import DataError
from bnnc.runtime.devices import choose_strategy
from bnnc.runtime.fitting import forget_posteriors
from bnnc.runtime.model import BayesianModel, DataListener
from bnnc.runtime.predictors import AnyPredictor, evaluate, predictor_of
from bnnc.runtime.preparation import Prepared, load_dataset
from bnnc.runtime.requests import (
    images_to_predict,
    refuse_other_batch,
    rows_to_evaluate,
    rows_to_fit,
)
from bnnc.runtime.training import Metrics, train
from bnnc.specs import Spec
from bnnc.system.writing import whole_folder


class Program:
    """A spec, compiled.

    Attributes:
        spec: the spec, with every default filled in.
        models: the Keras models from raw images to the distribution's parameters: one, or one a
            member of an ensemble.
        manifest: what is known of it: fingerprint, plan, versions, and what it was trained on.
        source: the emitted `model.py`.
        folder: the spec's folder, which a path in its `data.source` is relative to.
    """

    def __init__(
        self,
        spec: Spec,
        models: Sequence[BayesianModel],
        manifest: Manifest,
        source: str,
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        self.spec = spec
        self.models = tuple(models)
        self.manifest = manifest
        self.source = source
        folder = manifest.get("folder")
        self.folder: Path | None = Path(folder) if folder else None
        self._strategy = strategy or tf.distribute.get_strategy()
        self._data_listener: DataListener | None = None

    def listen_to_data(self, listener: DataListener) -> None:
        """Call `listener(facts, batch_size, epochs)` before each training, as its data is known.

        A model that is trained or bound through Keras calls it too, with the rows alone.
        """
        self._data_listener = listener
        for model in self.models:
            model.data_listener = listener

    def notify_data_listener(self, prepared: Prepared, epochs: int | None = None) -> None:
        """Call the listener for a training that is about to begin."""
        if self._data_listener is not None:
            self._data_listener(prepared.facts, prepared.train.batch_size, epochs)

    @property
    def model(self) -> BayesianModel:
        """The Keras model."""
        return self.models[0]

    @property
    def members(self) -> tuple[Program, ...]:
        """The programs that predict together: this one alone, or those of an ensemble."""
        return (self,)

    def set_folder(self, folder: Path) -> None:
        """Remember the spec's folder, in the manifest too."""
        self.folder = folder.absolute()
        self.manifest["folder"] = str(self.folder)

    def fit(
        self,
        data: Any = None,
        labels: Any = None,
        *,
        validation_data: Any = None,
        epochs: int | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> list[Metrics]:
        """Train on a named source, a path, arrays, or a `tf.data.Dataset` of batches.

        A second `fit` goes on with the weights, the optimizer and the count of steps: noise is new,
        and a warm-up of the KL that is over does not begin again. A learning rate schedule or KL
        cycles that are laid over a whole training begin again.

        Args:
            data: name or path of a source; images [rows, height, width, channels] of raw values;
                or a dataset of (images, labels). The spec's own `data.source` if None.
            labels: labels of the images: class indices, or as the spec encodes them.
            validation_data: (images, labels), or a dataset; if None, the validation images that
                the source has of its own, or what the spec holds out.
            epochs: epochs of the training; the spec's if None.
            callbacks: Keras callbacks.

        Returns: the metrics of each epoch.
        Raises: DataError for data that cannot be trained on; ValueError if there is none.
        """
        prepared = self.prepare(data, labels, validation_data=validation_data)
        return self.train(prepared, epochs=epochs, callbacks=callbacks)

    def prepare(
        self,
        data: Any = None,
        labels: Any = None,
        *,
        validation_data: Any = None,
    ) -> Prepared:
        """The data of `fit`, checked and encoded. Raises: as `fit`."""
        return rows_to_fit(self.spec, data, labels, validation=validation_data, folder=self.folder)

    def train(
        self,
        prepared: Prepared,
        *,
        epochs: int | None = None,
        first_epoch: int = 0,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> list[Metrics]:
        """Train on prepared data, from an epoch counted from 0. Returns: as `fit`."""
        epochs = self.spec.training.epochs if epochs is None else _integer("epochs", epochs)
        if epochs < 1:
            raise ValueError(f"Expected `epochs` to be at least 1. Received: epochs={epochs}")
        self.notify_data_listener(prepared, epochs)
        self.note_training(prepared, epochs)
        with self._strategy.scope():
            return train(
                self.model,
                prepared.train,
                epochs=epochs,
                validation=prepared.validation,
                first_epoch=first_epoch,
                early_stopping=self.spec.training.early_stopping,
                callbacks=callbacks,
            )

    def note_training(self, prepared: Prepared, epochs: int) -> None:
        """Write down in the manifest what the model is trained on.

        Raises: DataError if early stopping is asked for, and no rows are held out.
        """
        if self.spec.training.early_stopping is not None and prepared.validation is None:
            raise DataError(
                "`training.early_stopping` watches the loss of validation rows, and there are "
                "none: write `data.validation_split`, or pass `validation_data`"
            )
        batches = prepared.train
        objective = self.model.objective.bind(batches.rows, batches.batch_size)
        self.manifest["trained"] = {
            "data": prepared.name,
            "digest": prepared.digest(),
            "rows": batches.rows,
            "validation_rows": prepared.validation.rows if prepared.validation else 0,
            "epochs": epochs,
            "batch_size": batches.batch_size,
            "kl_weight": objective.full_weight,
            "class_names": list(prepared.class_names) if prepared.class_names else None,
        }

    @property
    def trained(self) -> bool:
        """Whether every optimizer has taken a step, through this program or through Keras."""
        return all(int(batches_taken(model.optimizer).numpy()) > 0 for model in self.models)

    def train_step(self, images: Any, labels: Any) -> Metrics:
        """One step of the optimizer on one batch.

        What was fitted after an earlier training is forgotten: it was around other weights.

        Args:
            images: [batch, height, width, channels], raw values.
            labels: encoded as the spec says.

        Returns: loss, nll, kl and the score of this batch (accuracy of classes, mae of numbers).
        Raises: DataError for images of another shape, or labels that the spec does not describe;
            ValueError if the KL is weighted by the rows and they are not known: call
            `program.model.bind(rows=..., batch_size=...)` first.
        """
        images, labels = tf.cast(images, tf.float32), tf.convert_to_tensor(labels)
        refuse_other_batch(self.spec, images, labels)
        if self.spec.has_kl:
            # Asked before the step is traced: an error from inside a trace is hard to read.
            self.model.objective.weight(tf.constant(0))
        show_weights(self.model)
        forget_posteriors(self.model)
        self.model.reset_metrics()
        metrics = self._step((images, labels))
        return {name: float(value) for name, value in metrics.items()}

    @property
    def _step(self) -> Any:
        # Made anew when the model is bound to other data, as the old numbers are in the trace.
        objective = self.model.objective
        made = self.__dict__.get("_made_step")
        if made is None or made[0] is not objective:
            made = (objective, tf.function(self.model.train_step, reduce_retracing=True))
            self.__dict__["_made_step"] = made
        return made[1]

    def predict(self, images: Any, samples: int | None = None, *, seed: int | None = None) -> Any:
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
        Raises: DataError for images that the spec does not describe; ValueError if samples < 1.
        """
        return self._predictor.predict(*self._asked(images, samples, seed))

    def _asked(
        self, images: Any, samples: int | None, seed: int | None = None
    ) -> tuple[npt.NDArray[Any], int, int | None]:
        """Images, samples and seed of a prediction, checked. Raises: as `predict`."""
        return (
            images_to_predict(self.spec, images),
            self.spec.prediction.samples if samples is None else _integer("samples", samples),
            None if seed is None else _integer("seed", seed),
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
        Raises: DataError for data that cannot be used; ValueError if there is none.
        """
        class_names = (self.manifest["trained"] or {}).get("class_names")
        data = self._own_source() if data is None else data
        split = rows_to_evaluate(self.spec, data, labels, class_names=class_names)
        images, samples, seed = self._asked(split.images, samples)
        metrics = evaluate(self._predictor, images, split.labels, samples, seed)
        return {**metrics, "rows": len(split.images)}

    def distribution(self, images: Any) -> tfp.distributions.Distribution:
        """The output distribution for one draw of the noise, new on every call.

        Shapes: images [batch, height, width, channels] of raw values -> batch shape [batch].
        """
        return self.model.distribution(tf.cast(images, tf.float32))

    def save(self, folder: str | Path) -> None:
        """Write model.keras, model.py and manifest.json, whole or not at all.

        An ensemble has a folder with them for each member, `members/0` and so on.

        Raises: OutputError if something else stands there, or the place cannot be written.
        """
        with whole_folder(
            Path(folder), replaces=MANIFEST, last=MANIFEST, ours=WRITTEN
        ) as temporary:
            self.write(temporary)

    def write(self, folder: Path, identity: str | None = None) -> None:
        """Write into an empty folder, the manifest last.

        Args:
            folder: the folder.
            identity: that of the ensemble that this is a member of; a new one if None.
        """
        self.manifest["identity"] = identity or new_identity()
        write_program(folder, self.model, self.manifest, self.source)

    def folders(self, folder: Path) -> tuple[Path, ...]:
        """Where each of `members` lies, if the program lies in `folder`."""
        return (folder,)

    def _own_source(self) -> str:
        """Name or path of what it was trained on, or else of the spec's own data."""
        trained, data = self.manifest["trained"], self.spec.data
        if trained is not None and trained["data"] not in {"arrays", "dataset"}:
            return str(trained["data"])
        if trained is not None or data is None:
            raise ValueError("There is no data to evaluate on: pass a source, or arrays")
        return load_dataset(data.source, self.folder, classes=data.classes)[1]

    @cached_property
    def _predictor(self) -> AnyPredictor:
        return predictor_of(self.model)


def _integer(name: str, value: Any) -> int:
    """A whole number of Python or NumPy as an int. Raises: ValueError for anything else."""
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"Expected `{name}` to be an integer. Received: {value!r}") from None


def load(folder: str | Path) -> Program:
    """A program that `save`, `bnnc build` or `bnnc train` wrote.

    Raises: ArtifactError if the folder does not hold one.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        return _load(folder, manifest)
    except IdentityError:
        # Another process may replace the files at this moment; the manifest is the last of them.
        now = read_manifest(folder)
        if now.get("identity") == manifest.get("identity"):
            raise
        return _load(folder, now)


def _load(folder: Path, manifest: Manifest) -> Program:
    spec = read_spec(manifest, folder)
    if len(spec.members()) > 1:
        # An ensemble is made of programs: it is known where it is needed.
        from bnnc.runtime.ensemble import load_ensemble

        return load_ensemble(folder, spec, manifest)
    strategy = choose_strategy()
    with strategy.scope():
        model = load_model(folder / MODEL)
    refuse_other_model(model, spec, manifest, folder)
    refuse_other_identity(model, manifest, folder)
    return Program(spec, [model], manifest, read_source(folder), strategy)
