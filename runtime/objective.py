"""What training minimises: the mean loss of a batch plus the weighted KL of all weights."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Self

import keras
import tensorflow as tf

from bnnc.runtime.losses import LOSSES, check_label_smoothing
from bnnc.runtime.outputs import OutputDistribution

PER_EXAMPLE = "per_example"


@keras.saving.register_keras_serializable(package="bnnc")
@dataclass(frozen=True)
class Objective:
    """Mean over a batch of the example losses, plus weight · sum over layers of KL(q ‖ p).

    With the weight 1/N, N being the rows trained on, this is the negative evidence lower bound
    divided by N (Blundell et al. 2015, arXiv:1505.05424). N is known only with the data: `bind`
    gives the objective that knows it.

    Args:
        output: the output distribution.
        loss: name of the loss of one example, a key of `bnnc.runtime.losses.LOSSES`.
        label_smoothing: share of a label that is spread over all classes before the loss.
        kl_weight: "per_example" for 1/N, or a number.
        kl_warmup_epochs: epochs over which the weight rises linearly from 0.
        temperature: multiplies the weight.
        rows: N, once bound.
        steps_per_epoch: training steps of one epoch, once bound.
        first_step: step of the optimizer that the training began with: not 0 where the model was
            trained before.
    """

    output: OutputDistribution
    loss: str = "negative_log_likelihood"
    label_smoothing: float = 0.0
    kl_weight: str | float = PER_EXAMPLE
    kl_warmup_epochs: float = 0.0
    temperature: float = 1.0
    rows: int | None = None
    steps_per_epoch: int | None = None
    first_step: int = 0

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(
                f"Expected `loss` to be one of {sorted(LOSSES)}. Received: loss={self.loss!r}"
            )
        check_label_smoothing(self.loss, self.label_smoothing)
        if self.kl_weight != PER_EXAMPLE and not (
            isinstance(self.kl_weight, int | float) and self.kl_weight >= 0
        ):
            raise ValueError(
                "Expected `kl_weight` to be 'per_example' or a number that is not negative. "
                f"Received: kl_weight={self.kl_weight!r}"
            )

    def bind(self, rows: int, batch_size: int, first_step: int = 0) -> Self:
        """The objective for training on `rows` rows in batches of `batch_size`.

        Raises: ValueError if one of them is not positive.
        """
        if rows < 1 or batch_size < 1:
            raise ValueError(
                "Expected `rows` and `batch_size` to be positive. "
                f"Received: rows={rows}, batch_size={batch_size}"
            )
        return replace(
            self, rows=rows, steps_per_epoch=ceil(rows / batch_size), first_step=first_step
        )

    @property
    def bound(self) -> bool:
        """Whether the rows trained on are known."""
        return self.rows is not None

    @property
    def full_weight(self) -> float:
        """Weight of the KL after the warm-up. Raises: ValueError if it depends on unknown rows."""
        if self.kl_weight == PER_EXAMPLE:
            if self.rows is None:
                raise ValueError(
                    "The KL is weighted by 1/N, and the rows N that are trained on are not known "
                    "yet: train through `fit`, or call `model.bind(rows=..., batch_size=...)` first"
                )
            return self.temperature / self.rows
        return self.temperature * float(self.kl_weight)

    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """Weight of the KL at a training step counted from 0, float32, shape []."""
        weight = tf.constant(self.full_weight, dtype=tf.float32)
        if self.kl_warmup_epochs == 0:
            return weight
        if self.steps_per_epoch is None:
            raise ValueError(
                "The KL is warmed up over epochs, and the steps of an epoch are not known yet: "
                "train through `fit`, or call `model.bind(rows=..., batch_size=...)` first"
            )
        warmup_steps = self.kl_warmup_epochs * self.steps_per_epoch
        done = tf.cast(step - self.first_step, tf.float32)
        return weight * tf.minimum(1.0, done / warmup_steps)

    def example_losses(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Loss of each example. Shapes: [batch, width], labels -> [batch], float32.

        Raises: ValueError for labels of another shape: TFP would broadcast them.
        """
        if labels.shape.rank and not parameters.shape[:1].is_compatible_with(labels.shape[:1]):
            raise ValueError(
                "Expected a label for each image. "
                f"Received: {parameters.shape[0]} images and {labels.shape[0]} labels"
            )
        return LOSSES[self.loss](self.output, parameters, labels, self.label_smoothing)

    def unsmoothed_losses(
        self, parameters: tf.Tensor, labels: tf.Tensor, losses: tf.Tensor
    ) -> tf.Tensor:
        """The losses of the labels as they are: `losses` themselves where nothing is smoothed."""
        if self.label_smoothing == 0:
            return losses
        return LOSSES[self.loss](self.output, parameters, labels)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "output": keras.saving.serialize_keras_object(self.output),
            "loss": self.loss,
            "label_smoothing": self.label_smoothing,
            "kl_weight": self.kl_weight,
            "kl_warmup_epochs": self.kl_warmup_epochs,
            "temperature": self.temperature,
            "rows": self.rows,
            "steps_per_epoch": self.steps_per_epoch,
            "first_step": self.first_step,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the objective with this config."""
        output = keras.saving.deserialize_keras_object(config["output"])
        return cls(**{**config, "output": output})
