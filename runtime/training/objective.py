"""The training objective: the mean loss of a batch plus the weighted KL of all weights."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Self

import keras
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.training.losses import LOSSES, check_label_smoothing

PER_EXAMPLE = "per_example"
BALANCED = "balanced"


@keras.saving.register_keras_serializable(package="bnnc")
@dataclass(frozen=True)
class Objective:
    """Mean over a batch of the example losses, plus weight · sum over layers of KL(q ‖ p).

    With the weight 1/N, N being the rows trained on, this is the negative evidence lower bound
    divided by N (Blundell et al. 2015, arXiv:1505.05424). N is known only with the data: `bind`
    gives the objective that knows it.

    Args:
        output: the output distribution.
        loss: name of the loss of one example, a key of `bnnc.runtime.training.losses.LOSSES`.
        label_smoothing: share of a label that is spread over all classes before the loss.
        class_weight: a number for each class, which the loss of its examples is multiplied by; or
            "balanced", for rows / (classes · rows of the class), once the rows are known.
        kl_weight: "per_example" for 1/N, or a number.
        kl_warmup_epochs: epochs over which the weight rises linearly from 0.
        kl_cycles: cycles that the training is divided into, in each of which the weight rises
            linearly from 0 (Fu et al. 2019, arXiv:1903.10145); 0 for none.
        kl_cycle_proportion: share of a cycle in which the weight rises.
        temperature: multiplies the weight.
        rows: N, once bound.
        steps_per_epoch: training steps of one epoch, once bound.
        epochs: epochs of the whole training, once bound.
        first_step: step that the warm-up, or the cycles, began with, counted from 0 over all of
            the model's trainings. The warm-up begins with the first training, cycles with each. It
            is below 0 where earlier epochs had fewer steps.
        class_counts: rows trained on of each class, once known, for "balanced".
    """

    output: OutputDistribution
    loss: str = "negative_log_likelihood"
    label_smoothing: float = 0.0
    class_weight: tuple[float, ...] | str | None = None
    kl_weight: str | float = PER_EXAMPLE
    kl_warmup_epochs: float = 0.0
    kl_cycles: int = 0
    kl_cycle_proportion: float = 0.5
    temperature: float = 1.0
    rows: int | None = None
    steps_per_epoch: int | None = None
    epochs: int | None = None
    first_step: int = 0
    class_counts: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ArgumentError(
                f"Expected `loss` to be one of {sorted(LOSSES)}. Received: loss={self.loss!r}"
            )
        check_label_smoothing(self.loss, self.label_smoothing)
        # A list, as a config and an emitted `model.py` have it, cannot be hashed.
        if self.class_counts is not None:
            object.__setattr__(self, "class_counts", tuple(self.class_counts))
        if self.class_weight is not None:
            if self.class_weight != BALANCED:
                object.__setattr__(self, "class_weight", tuple(map(float, self.class_weight)))
            classes = self.output.classes if isinstance(self.output, ClassOutput) else 0
            if not classes or (len(self.class_weight) != classes and self.class_weight != BALANCED):
                raise ArgumentError(
                    f"Expected `class_weight` to have a number for each of {classes} classes. "
                    f"Received: class_weight={self.class_weight!r}"
                )
        if self.kl_weight != PER_EXAMPLE and not (
            isinstance(self.kl_weight, int | float) and self.kl_weight >= 0
        ):
            raise ArgumentError(
                "Expected `kl_weight` to be 'per_example' or a number that is not negative. "
                f"Received: kl_weight={self.kl_weight!r}"
            )
        if self.kl_cycles and self.kl_warmup_epochs:
            raise ArgumentError(
                "Expected one of `kl_warmup_epochs` and `kl_cycles`. Received: "
                f"kl_warmup_epochs={self.kl_warmup_epochs}, kl_cycles={self.kl_cycles}"
            )
        if self.kl_cycles < 0 or not 0 < self.kl_cycle_proportion <= 1:
            raise ArgumentError(
                "Expected `kl_cycles` not to be negative, and `kl_cycle_proportion` to be above 0 "
                f"and at most 1. Received: kl_cycles={self.kl_cycles}, "
                f"kl_cycle_proportion={self.kl_cycle_proportion}"
            )

    def bind(
        self,
        rows: int,
        batch_size: int,
        first_step: int = 0,
        epochs: int = 1,
        steps_per_epoch: int | None = None,
    ) -> Self:
        """The objective for training on `rows` rows in batches of `batch_size`.

        An epoch has rows / batch_size steps, rounded up, unless `steps_per_epoch` says otherwise.

        Raises: ArgumentError if one of them is not positive.
        """
        if rows < 1 or batch_size < 1:
            raise ArgumentError(
                "Expected `rows` and `batch_size` to be positive. "
                f"Received: rows={rows}, batch_size={batch_size}"
            )
        return replace(
            self,
            rows=rows,
            steps_per_epoch=steps_per_epoch or ceil(rows / batch_size),
            epochs=epochs,
            first_step=first_step,
        )

    @property
    def lacks_class_counts(self) -> bool:
        """Whether the class weights depend on rows that are not known yet."""
        return self.class_weight == BALANCED and self.class_counts is None

    @property
    def class_weights(self) -> tuple[float, ...] | None:
        """The weight of each class; None where all have 1.

        A class without rows has 1. Over the rows, balanced weights have a mean of 1.
        Raises: ArgumentError if they depend on rows that are not known yet.
        """
        if not isinstance(self.class_weight, str):
            return self.class_weight
        if self.class_counts is None:
            raise ArgumentError(
                "The class weights are balanced by the training rows, and these are not known yet: "
                "train through `fit`, or call `model.adapt(features, labels)` first"
            )
        rows, classes = sum(self.class_counts), sum(count > 0 for count in self.class_counts)
        return tuple(rows / (classes * count) if count else 1.0 for count in self.class_counts)

    def unbound(self) -> Self:
        """The objective before any training."""
        return replace(self, rows=None, steps_per_epoch=None, epochs=None, first_step=0)

    @property
    def bound(self) -> bool:
        """Whether the rows trained on are known."""
        return self.rows is not None

    @property
    def full_weight(self) -> float:
        """Weight of the KL after the warm-up. Raises: ArgumentError if it depends on unknown rows."""
        if self.kl_weight == PER_EXAMPLE:
            if self.rows is None:
                raise ArgumentError(
                    "The KL is weighted by 1/N, and the rows N that are trained on are not known "
                    "yet: train through `fit`, or call `model.bind(rows=..., batch_size=...)` first"
                )
            return self.temperature / self.rows
        return self.temperature * float(self.kl_weight)

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """Weight of the KL at a training step counted from 0, float32, shape []."""
        weight = tf.constant(self.full_weight, dtype=tf.float32)
        if self.kl_warmup_epochs == 0 and self.kl_cycles == 0:
            return weight
        if self.steps_per_epoch is None or self.epochs is None:
            raise ArgumentError(
                "The KL is warmed up over epochs, and the steps of an epoch are not known yet: "
                "train through `fit`, or call `model.bind(rows=..., batch_size=...)` first"
            )
        done = tf.maximum(step - self.first_step, 0)
        if self.kl_cycles:
            length = self.epochs * self.steps_per_epoch / self.kl_cycles
            done = tf.math.floormod(done, ceil(length))
            rising = length * self.kl_cycle_proportion
        else:
            rising = self.kl_warmup_epochs * self.steps_per_epoch
        return weight * tf.minimum(1.0, tf.cast(done, tf.float32) / rising)

    def example_losses(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Loss of each example. Shapes: [batch, width], labels -> [batch], float32.

        Raises: ArgumentError for labels of another shape: TFP would broadcast them.
        """
        if labels.shape.rank and not parameters.shape[:1].is_compatible_with(labels.shape[:1]):
            raise ArgumentError(
                "Expected a label for each image. "
                f"Received: {parameters.shape[0]} images and {labels.shape[0]} labels"
            )
        losses = LOSSES[self.loss](self.output, parameters, labels, self.label_smoothing)
        if self.class_weight is None:
            return losses
        return losses * self._weights_of(labels)

    def curvature(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Second derivatives of each example's negative log-likelihood, times its class's weight.

        Shapes: [batch, width], labels -> float32 [batch, width].

        Raises: ArgumentError as `OutputDistribution.curvature`.
        """
        weights = tf.reshape(self._weights_of(labels), (-1, 1))
        return self.output.curvature(parameters) * weights

    def fisher_information(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Fisher information of each label about the parameters, times the weight of its class.

        Shapes: [batch, width], labels -> float32 [batch, width, width].
        """
        weights = tf.reshape(self._weights_of(labels), (-1, 1, 1))
        return self.output.fisher_information(parameters) * weights

    def _weights_of(self, labels: tf.Tensor) -> tf.Tensor:
        """The weight of each label's class: float32 [batch], or [] where all have 1."""
        if self.class_weight is None or not isinstance(self.output, ClassOutput):
            return tf.constant(1.0)
        weights = tf.constant(self.class_weights, tf.float32)
        return tf.gather(weights, self.output.class_indices(labels))

    def negative_log_likelihoods(
        self, parameters: tf.Tensor, labels: tf.Tensor, losses: tf.Tensor
    ) -> tf.Tensor:
        """Minus the log-likelihood of each label: `losses` themselves where they are that number.

        A cross-entropy of Keras's is, for one class of several and for one yes or no, where
        nothing is smoothed or weighted.
        """
        same = self.loss == "negative_log_likelihood" or isinstance(self.output, ClassOutput)
        if same and self.class_weight is None and self.label_smoothing == 0:
            return losses
        return LOSSES["negative_log_likelihood"](self.output, parameters, labels)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "output": keras.saving.serialize_keras_object(self.output),
            "loss": self.loss,
            "label_smoothing": self.label_smoothing,
            "class_weight": _as_list(self.class_weight),
            "kl_weight": self.kl_weight,
            "kl_warmup_epochs": self.kl_warmup_epochs,
            "kl_cycles": self.kl_cycles,
            "kl_cycle_proportion": self.kl_cycle_proportion,
            "temperature": self.temperature,
            "rows": self.rows,
            "steps_per_epoch": self.steps_per_epoch,
            "epochs": self.epochs,
            "first_step": self.first_step,
            **({} if self.class_counts is None else {"class_counts": list(self.class_counts)}),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the objective with this config."""
        output = keras.saving.deserialize_keras_object(config["output"])
        return cls(**{**config, "output": output})


def _as_list(weights: tuple[float, ...] | str | None) -> list[float] | str | None:
    return list(weights) if isinstance(weights, tuple) else weights
