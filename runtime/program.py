"""A compiled spec: a Keras model to train, predict with, and save."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, NoReturn

import keras
import tensorflow as tf

from bnnc.runtime import workers
from bnnc.runtime.artifacts import (
    MANIFEST,
    WRITTEN,
    Manifest,
    new_identity,
    write_program,
)
from bnnc.runtime.calibrating import Calibrates
from bnnc.runtime.data import DataError
from bnnc.runtime.devices import leaves_onednn_off
from bnnc.runtime.display import counted_noun, shape_text
from bnnc.runtime.inputs import (
    integer,
    refuse_other_batch,
    rows_to_fit,
)
from bnnc.runtime.loggers.mlflow import autologging
from bnnc.runtime.model import BayesianModel, DataListener
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.training.ema import digest_of_weights, use_raw_weights
from bnnc.runtime.training.fitting import forget_posteriors
from bnnc.runtime.training.histories import Verbose, level_of
from bnnc.runtime.training.loop import Metrics, train
from bnnc.runtime.training.notes import training_notes
from bnnc.runtime.training.statistics import (
    balance_of,
    refuse_without_statistics,
    statistics_of,
    take_statistics,
)
from bnnc.runtime.workers import refuse_several_workers
from bnnc.specs import Spec
from bnnc.system.table import Shown, Table
from bnnc.system.writing import whole_folder


class Program(Shown, Calibrates):
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

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # TensorFlow's functions and strategies are neither copied nor pickled.
        raise TypeError(
            "A Program is neither copied nor pickled: write it with `program.save(folder)`, and "
            "read it with `bnnc.load(folder)`"
        )

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
            # A training that goes on is longer than the epochs of this call.
            goes_on = any(model.steps_taken > 0 for model in self.models)
            epochs = None if goes_on else epochs
            self._data_listener(prepared.facts, prepared.train.batch_size, epochs)

    def _table(self) -> Table:
        spec, totals = self.spec, self.manifest["plan"]["totals"]
        methods = dict.fromkeys(one.method for one in spec.bayesian_sections.values())
        members = len(self.members)
        classes = getattr(spec.output, "classes", None)
        values = (
            ("input", shape_text(spec.input.shape)),
            ("output", spec.output.distribution + (f", {classes} classes" if classes else "")),
            ("method", ", ".join(methods) or "none"),
            *([("members", str(members))] if members > 1 else []),
            ("parameters", f"{totals['parameters']:,}, {totals['posterior']:,} with a posterior"),
            ("trained", self._trained_on()),
            *([] if self.calibration is None else [("calibration", self.calibration.summary)]),
            ("fingerprint", spec.fingerprint()[:19]),
        )
        return Table(f"{type(self).__name__} {spec.name}", values=values)

    def _trained_on(self) -> str:
        trained = self.manifest["trained"]
        if trained is None:
            return "through Keras" if self.trained else "no"
        if not self.trained:
            return f"not yet, on {trained['data']}"
        epochs = counted_noun(trained["epochs"], "epoch")
        shown = f"{epochs} on {trained['data']}, {counted_noun(trained['rows'], 'row')}"
        steps = trained["epochs"] * ceil(trained["rows"] / trained["batch_size"])
        earlier = min(model.steps_taken for model in self.models) - steps
        return f"{shown}, after {counted_noun(earlier, 'earlier step')}" if earlier > 0 else shown

    @property
    def members(self) -> tuple[Program, ...]:
        """The programs that predict together: this one alone, or those of an ensemble."""
        return (self,)

    def set_folder(self, folder: Path, file: str | None = None) -> None:
        """Remember the spec's folder, and the name of its file, in the manifest too."""
        self.folder = folder.absolute()
        self.manifest["folder"] = str(self.folder)
        if file is not None:
            self.manifest["file"] = file

    def fit(
        self,
        data: Any = None,
        labels: Any = None,
        *,
        batch_size: int | None = None,
        epochs: int | None = None,
        verbose: Verbose = "auto",
        callbacks: Sequence[keras.callbacks.Callback] = (),
        validation_split: float | None = None,
        validation_data: Any = None,
    ) -> keras.callbacks.History:
        """Train on a named source, a path, arrays, or a `tf.data.Dataset` of batches.

        Where the spec says how predictions are calibrated, `calibrate` follows, on the validation
        rows. A second `fit` goes on with the weights, the optimizer and the count of steps: noise
        is new, and a warm-up of the KL that is over does not begin again. A learning rate schedule
        or KL cycles that are laid over a whole training begin again.

        Args:
            data: name or path of a source; images [rows, height, width, channels] of raw values;
                or a dataset of (images, labels). The spec's own `data.source` if None.
            labels: labels of the images: class indices, or as the spec encodes them.
            batch_size: rows of a step; the spec's if None. Lengths in epochs, of the KL warm-up
                and of the learning rate, follow from it.
            epochs: epochs of the training; the spec's if None.
            verbose: 0 is silent, 1 a progress bar, 2 a line an epoch; "auto" is 1 on a terminal and
                in a notebook, and 2 elsewhere.
            callbacks: Keras callbacks.
            validation_split: fraction of the rows that is held out, chosen at random by the spec's
                seed; the spec's if None.
            validation_data: (images, labels), or a dataset; if None, the validation images that
                the source has of its own, or what is held out.

        The order of the rows is a function of the spec's seed and the epoch. A dataset has its own
        order and batches.

        Returns: Keras's History: `.history` has a list for each metric, with one value an epoch;
            of an ensemble the members one after the other, and a list `member`.
        Raises: DataError for data that cannot be trained on; DivergedError if the loss is not
            finite; ArgumentError if there is no data, or for arguments out of range.
        """
        prepared = self.prepare(
            data,
            labels,
            batch_size=batch_size,
            validation_split=validation_split,
            validation_data=validation_data,
        )
        shown = level_of(verbose)
        epochs = self._epochs(epochs)
        if shown and workers.is_chief():
            for note in self.training_notes(prepared, epochs):
                print(f"note: {note}")
        history = self.train(prepared, epochs=epochs, callbacks=callbacks, verbose=shown)
        self.calibrate_after_training(prepared)
        return history

    def prepare(
        self,
        data: Any = None,
        labels: Any = None,
        *,
        batch_size: int | None = None,
        validation_split: float | None = None,
        validation_data: Any = None,
    ) -> Prepared:
        """The data of `fit`, checked and encoded. Raises: as `fit`."""
        return rows_to_fit(
            self.spec,
            data,
            labels,
            validation=validation_data,
            batch_size=batch_size,
            validation_split=validation_split,
            folder=self.folder,
        )

    def train(
        self,
        prepared: Prepared,
        *,
        epochs: int | None = None,
        first_epoch: int = 0,
        first_batch: int = 0,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: Verbose = 0,
    ) -> keras.callbacks.History:
        """Train on prepared data, from an epoch and a batch of it, counted from 0. Returns: as `fit`."""
        epochs = self._epochs(epochs)
        self.notify_data_listener(prepared, epochs)
        self.note_training(prepared, epochs)
        self.agree_with_workers(prepared, epochs, first_epoch, first_batch)
        shown = level_of(verbose) if workers.is_chief() else 0
        history = keras.callbacks.History()
        with autologging() as logging, self._strategy.scope():
            train(
                self.model,
                prepared.train,
                epochs=epochs,
                validation=prepared.validation,
                first_epoch=first_epoch,
                first_batch=first_batch,
                early_stopping=self.spec.training.early_stopping,
                callbacks=[*callbacks, *logging, history],
                verbose=shown,
            )
        return history

    def agree_with_workers(
        self, prepared: Prepared, epochs: int, first_epoch: int = 0, first_batch: int = 0
    ) -> None:
        """Compare with all workers of a cluster what is trained, on what, and from where.

        Raises: RunError that names the worker that differs; WorkerError if one has ended.
        """
        if workers.count() > 1:
            workers.agree(
                spec=self.spec.fingerprint(),
                data=prepared.digest(),
                number_of_rows=prepared.train.rows,
                batch_size=prepared.train.batch_size,
                number_of_epochs=epochs,
                place_to_go_on_from=f"epoch {first_epoch + 1}, batch {first_batch + 1}",
                digest_of_weights=digest_of_weights(self.models),
            )

    def _epochs(self, epochs: int | None) -> int:
        """Epochs of a training; the spec's if None. Raises: ArgumentError if there are none."""
        return integer(
            "epochs", self.spec.training.epochs if epochs is None else epochs, at_least=1
        )

    def training_notes(self, prepared: Prepared, epochs: int) -> tuple[str, ...]:
        """Sentences that explain the metrics of a training to someone who sees them first."""
        has_validation = prepared.validation is not None
        return training_notes(
            self.spec,
            epochs,
            self.draws(),
            has_validation=has_validation,
            steps=epochs * prepared.train.steps,
            leaves_onednn_off=leaves_onednn_off(),
        )

    def note_training(self, prepared: Prepared, epochs: int) -> None:
        """Write down in the manifest what the model is trained on.

        Raises: DataError if early stopping or a calibration is asked for, and no rows are held out
            for it, or too few.
        """
        if self.spec.training.early_stopping is not None and prepared.validation is None:
            raise DataError(
                "`training.early_stopping` watches the loss of validation rows, and there are "
                "none: write `data.validation_split`, or pass `validation_data`"
            )
        self.check_calibration(prepared)
        self.manifest.pop("calibration", None)  # it is that of the weights before
        batches = prepared.train
        take_statistics(self.model, batches)
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
            **prepared.names_of_features,
            **balance_of(batches),
            **statistics_of(self.model),
        }

    def train_step(self, images: Any, labels: Any) -> Metrics:
        """One step of the optimizer on one batch.

        What was fitted after an earlier training is forgotten: it was around other weights.

        Args:
            images: [batch, height, width, channels], raw values.
            labels: encoded as the spec says.

        Returns: loss, nll, kl and the score of this batch (accuracy of classes, mae of numbers).
        Raises: DataError for images of another shape, or labels that the spec does not describe;
            ArgumentError if the KL is weighted by the rows and they are not known: call
            `program.model.bind(rows=..., batch_size=...)` first.
        """
        refuse_several_workers("`train_step`")
        images, labels = tf.cast(images, tf.float32), tf.convert_to_tensor(labels)
        refuse_other_batch(self.spec, images, labels)
        refuse_without_statistics(self.model)
        if self.spec.has_kl:
            # Asked before the step is traced: an error from inside a trace is hard to read.
            self.model.objective.weight(tf.constant(0))
        use_raw_weights(self.model)
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
            made = (
                objective,
                tf.function(self.model.train_step, reduce_retracing=True, autograph=False),
            )
            self.__dict__["_made_step"] = made
        return made[1]

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
