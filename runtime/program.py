"""A compiled spec: a Keras model that trains, predicts, and is saved with all that made it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.artifacts import (
    MANIFEST,
    MODEL,
    Manifest,
    load_model,
    read_manifest,
    read_source,
    read_spec,
    refuse_other_model,
    write_program,
)
from bnnc.runtime.data import DataError, Dataset, Split, check_images, encode_labels
from bnnc.runtime.data.idx import file_names, holds_idx
from bnnc.runtime.data.images import check_shape
from bnnc.runtime.devices import choose_strategy
from bnnc.runtime.files import whole_folder
from bnnc.runtime.metrics import classification_metrics
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.prediction import Prediction, Predictor
from bnnc.runtime.preparation import (
    Prepared,
    classes_of,
    indices,
    load_dataset,
    prepare_arrays,
    prepare_dataset,
    prepare_stream,
)
from bnnc.runtime.training import Metrics, train
from bnnc.specs import Spec


class Program:
    """A spec, compiled.

    Attributes:
        spec: the spec, with every default filled in.
        model: the Keras model from raw images to the distribution's parameters.
        manifest: what is known of it: fingerprint, plan, versions, and what it was trained on.
        source: the emitted `model.py`.
        folder: the spec's folder, which a path in its `data.source` is relative to.
    """

    def __init__(
        self,
        spec: Spec,
        model: BayesianModel,
        manifest: Manifest,
        source: str,
        strategy: tf.distribute.Strategy | None = None,
    ) -> None:
        self.spec = spec
        self.model = model
        self.manifest = manifest
        self.source = source
        folder = manifest.get("folder")
        self.folder: Path | None = Path(folder) if folder else None
        self._strategy = strategy or tf.distribute.get_strategy()

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

        Args:
            data: name or path of a source; images [rows, height, width, channels] of raw values;
                or a dataset of (images, labels). The spec's own `data.source` if None.
            labels: labels of the images: class indices, or as the spec encodes them.
            validation_data: (images, labels), or a dataset; what the spec holds out if None.
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
        fraction = self.spec.data.validation_split if self.spec.data else 0.0
        if data is None:
            if self.spec.data is None:
                raise ValueError(
                    "The spec names no data: pass a source, arrays or a tf.data.Dataset, or write "
                    "`data: {source: ...}` into the spec"
                )
            source, name = load_dataset(self.spec.data.source, self.folder)
            return prepare_dataset(self.spec, source, name, validation=validation_data)
        if not isinstance(data, str | Path | tf.data.Dataset):
            if labels is None:
                raise ValueError(_LABELS_MISSING.format(received=_named(data)))
            return prepare_arrays(
                self.spec, data, labels, fraction=fraction, validation=validation_data
            )
        if labels is not None:
            raise ValueError(
                "A source or a dataset has labels of its own. Received: labels beside it"
            )
        if isinstance(data, tf.data.Dataset):
            return prepare_stream(self.spec, data, validation_data)
        return prepare_dataset(self.spec, *load_dataset(data), validation=validation_data)

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
        self.note_training(prepared, epochs)
        with self._strategy.scope():
            return train(
                self.model,
                prepared.train,
                epochs=epochs,
                validation=prepared.validation,
                first_epoch=first_epoch,
                callbacks=callbacks,
            )

    def note_training(self, prepared: Prepared, epochs: int) -> None:
        """Write down in the manifest what the model is trained on."""
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
        """Whether the optimizer has taken a step, through this program or through Keras."""
        return int(self.model.optimizer.iterations.numpy()) > 0

    def train_step(self, images: Any, labels: Any) -> Metrics:
        """One step of the optimizer on one batch.

        Args:
            images: [batch, height, width, channels], raw values.
            labels: encoded as the spec says.

        Returns: loss, nll, kl and accuracy of this batch.
        Raises: DataError for images of another shape, or labels that the spec does not describe;
            ValueError if the KL is weighted by the rows and they are not known: call
            `program.model.bind(rows=..., batch_size=...)` first.
        """
        images, labels = tf.cast(images, tf.float32), tf.convert_to_tensor(labels)
        self._refuse_other_batch(images, labels)
        if self.manifest["plan"]["totals"]["posterior"]:
            # Asked before the step is traced: an error from inside a trace is hard to read.
            self.model.objective.weight(tf.constant(0))
        self.model.reset_metrics()
        metrics = self._step((images, labels))
        return {name: float(value) for name, value in metrics.items()}

    def _refuse_other_batch(self, images: tf.Tensor, labels: tf.Tensor) -> None:
        """Raise DataError for a batch that would be broadcast, or scored as something else."""
        check_shape(tuple(images.shape), shape=self.spec.input.shape, where="the batch")
        kind = self.spec.output.labels
        encoded = encode_labels(
            labels.numpy(), kind=kind, classes=classes_of(self.spec), where="the batch's labels"
        )
        if encoded.shape != tuple(labels.shape):
            raise DataError(
                f"the batch's labels: the spec says `labels: {kind}`. Expected shape "
                f"{list(encoded.shape)}. Received: shape {list(labels.shape)}"
            )

    @property
    def _step(self) -> Any:
        # Made anew when the model is bound to other data, as the old numbers are in the trace.
        objective = self.model.objective
        made = self.__dict__.get("_made_step")
        if made is None or made[0] is not objective:
            made = (objective, tf.function(self.model.train_step, reduce_retracing=True))
            self.__dict__["_made_step"] = made
        return made[1]

    def predict(
        self, images: Any, samples: int | None = None, *, seed: int | None = None
    ) -> Prediction:
        """Predict images, averaged over draws of the weights.

        Shapes: images [images, height, width, channels] of raw values -> [images, classes].

        Args:
            images: raw values; checked against the spec's shape and value range.
            samples: number of draws; the spec's `prediction.samples` if None.
            seed: seed of the draws; the spec's if None.

        Raises: DataError for images that the spec does not describe; ValueError if samples < 1.
        """
        images = np.asarray(images)
        shape = self.spec.input.shape
        if images.shape == shape or (shape[2] == 1 and images.shape == shape[:2]):
            axes = "np.newaxis" if images.ndim == 3 else "np.newaxis, ..., np.newaxis"
            raise DataError(
                f"the images: expected [rows, {', '.join(map(str, shape))}]. Received: a single "
                f"image, of shape {list(images.shape)}. Add the axis of the batch: images[{axes}]"
            )
        check_images(
            images,
            shape=self.spec.input.shape,
            value_range=self.spec.input.value_range,
            where="the images",
            for_training=False,
        )
        return self._predictor.predict(
            images,
            self.spec.prediction.samples if samples is None else _integer("samples", samples),
            self.spec.training.seed if seed is None else _integer("seed", seed),
        )

    def evaluate(
        self, data: Any = None, labels: Any = None, *, samples: int | None = None
    ) -> dict[str, float]:
        """Metrics on the test split of a source, or on arrays.

        Args:
            data: name or path of a source, or images; what the program was trained on, or the
                spec's own source, if None.
            labels: labels of the images: class indices, or one-hot rows.
            samples: number of weight draws; the spec's if None.

        Returns: accuracy, nll, brier, ece, entropy, mutual_information, and rows.
        Raises: DataError for data that cannot be used; ValueError if there is none.
        """
        if data is None:
            trained = self.manifest["trained"]
            data = trained["data"] if trained else self._own_source()
            if data in {None, "arrays", "dataset"}:
                raise ValueError("There is no data to evaluate on: pass a source, or arrays")
        if isinstance(data, str | Path):
            dataset, _ = load_dataset(data)
            if dataset.test is None:
                raise ValueError(
                    f"{dataset.name} has no test images to evaluate on: "
                    f"{_adding_test_images(dataset.name)}, name data that has them, or in Python "
                    "pass images and labels"
                )
            split, where = dataset.test, f"{dataset.name} (test)"
            self._refuse_other_classes(dataset)
        elif labels is None or isinstance(data, tf.data.Dataset):
            raise ValueError(
                "Expected images and labels as two arrays, or a source. "
                f"Received: {_named(data)} and labels={'None' if labels is None else _named(labels)}"
            )
        else:
            split, where = Split(np.asarray(data), np.asarray(labels)), "the arrays"
            if len(split.images) != len(split.labels):
                raise DataError(
                    f"{where}: {len(split.images):,} images, but {len(split.labels):,} labels"
                )
        truth = indices(self.model.objective.output, split, where)
        metrics = classification_metrics(self.predict(split.images, samples), truth)
        return {**metrics, "rows": len(split.images)}

    def _refuse_other_classes(self, dataset: Dataset) -> None:
        """Class indices mean something only among the classes that were trained on."""
        trained = self.manifest["trained"] or {}
        names = trained.get("class_names")
        if names and dataset.class_names and list(dataset.class_names) != names:
            raise DataError(
                f"{dataset.name} has the classes {', '.join(dataset.class_names)}; the program was "
                f"trained on {', '.join(names)}. Give every class its folder, an empty one is "
                "not enough"
            )

    def distribution(self, images: Any) -> tfp.distributions.Distribution:
        """The output distribution for one draw of the noise, new on every call.

        Shapes: images [batch, height, width, channels] of raw values -> batch shape [batch].
        """
        return self.model.distribution(tf.cast(images, tf.float32))

    def save(self, folder: str | Path) -> None:
        """Write model.keras, model.py and manifest.json, whole or not at all.

        Raises: OutputError if something else stands there, or the place cannot be written.
        """
        with whole_folder(Path(folder), replaces=MANIFEST) as temporary:
            write_program(temporary, self.model, self.manifest, self.source)

    def _own_source(self) -> str | None:
        if self.spec.data is None:
            return None
        return load_dataset(self.spec.data.source, self.folder)[1]

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.model)


def _integer(name: str, value: Any) -> int:
    """A whole number of Python or NumPy as an int. Raises: ValueError for anything else."""
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"Expected `{name}` to be an integer. Received: {value!r}") from None


_LABELS_MISSING = (
    "Expected images and labels as two arguments: program.fit(images, labels). "
    "Received: {received}, and no labels"
)


def _named(data: Any) -> str:
    """What was passed, in a few words."""
    if isinstance(data, tuple | list) and len(data) == 2:
        return f"a {type(data).__name__} of 2; unpack it with a star, as in fit(*data)"
    shape = getattr(data, "shape", None)
    return f"a {type(data).__name__}" + ("" if shape is None else f" of shape {list(shape)}")


def _adding_test_images(name: str) -> str:
    """How the data at a path comes by test images."""
    path = Path(name)
    if path.suffix.lower() == ".npz":
        return "add the arrays `x_test` and `y_test` to it"
    if path.is_dir() and holds_idx(path):
        return (
            f"add the files {file_names('t10k', 'images')[0]} and {file_names('t10k', 'labels')[0]}"
        )
    return (
        "move the class folders into train/, and put test images into folders of the same names "
        "in test/ beside it"
    )


def load(folder: str | Path) -> Program:
    """A program that `save`, `bnnc build` or `bnnc train` wrote.

    Raises: ArtifactError if the folder does not hold one.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    spec = read_spec(manifest, folder)
    strategy = choose_strategy()
    with strategy.scope():
        model = load_model(folder / MODEL)
    refuse_other_model(model, spec, manifest, folder)
    return Program(spec, model, manifest, read_source(folder), strategy)
