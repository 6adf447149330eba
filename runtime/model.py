"""The Keras model: images to the parameters of the output distribution, and its training step."""

import math
from typing import Any

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.objective import Objective
from bnnc.runtime.schedules import CosineDecay


@keras.saving.register_keras_serializable(package="bnnc")
class BayesianModel(keras.Model):
    """A Keras functional model that learns an output distribution and a posterior of its weights.

    `fit`, `evaluate`, `predict`, callbacks, `save` and `keras.saving.load_model` are Keras's own.
    Calling the model gives the distribution's parameters for fresh noise, new on every call.

    Args:
        inputs, outputs: as of `keras.Model`.
        objective: what `train_step` minimises.
        seed: seed of the noise of training.
        epochs_done: epochs that `bnnc.runtime.training.train` has finished, saved with the
            weights so that the two cannot disagree.

    Input shape: images [batch, height, width, channels], raw values.
    Output shape: parameters [batch, width of the last layer].
    """

    def __init__(
        self, *args: Any, objective: Objective, seed: int = 0, epochs_done: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.objective = objective
        self.seed = seed
        self.epochs_done = epochs_done
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.nll_tracker = keras.metrics.Mean(name="nll")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.accuracy_tracker = keras.metrics.Mean(name="accuracy")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Means over the rows seen since the epoch began."""
        return [self.loss_tracker, self.nll_tracker, self.kl_tracker, self.accuracy_tracker]

    def kl_divergence(self) -> tf.Tensor:
        """KL(posterior ‖ prior) summed over all layers: nats, float32, shape []."""
        divergences = [
            layer.kl_divergence() for layer in self.layers if hasattr(layer, "kl_divergence")
        ]
        return tf.add_n(divergences) if divergences else tf.constant(0.0)

    def distribution(self, images: tf.Tensor) -> tfp.distributions.Distribution:
        """The output distribution for one draw of the noise. Shapes: -> batch shape [batch]."""
        return self.objective.output.distribution(self(images))

    def bind(self, rows: int, batch_size: int, epochs: int = 1, *, resumed: bool = False) -> None:
        """Tell the objective and the learning rate how long the training is.

        Args:
            rows: rows trained on, N, after any validation split.
            batch_size: rows of one step.
            epochs: epochs of the whole training.
            resumed: whether a training goes on that was bound before; otherwise the warm-up of
                the KL and the decay of the learning rate begin with the next step.
        """
        first_step = self.objective.first_step if resumed else self._steps_taken()
        self.objective = self.objective.bind(rows, batch_size, first_step)
        optimizer = getattr(self, "optimizer", None)
        # Mixed float16 wraps the optimizer to scale the loss.
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        schedule = getattr(optimizer, "_learning_rate", None)
        if isinstance(schedule, CosineDecay):
            schedule.bind(math.ceil(rows / batch_size) * epochs, first_step)
        # Steps traced before have the old numbers in them.
        self.train_function = None
        self.test_function = None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """`keras.Model.fit`; the rows of arrays are counted, and the KL weighted by them.

        Raises: ValueError for a `tf.data.Dataset` if `bind` was not called before.
        """
        if hasattr(x, "shape"):
            # The rows that Keras keeps, rounded as it does; 32 is its batch size.
            rows = math.floor(x.shape[0] * (1.0 - validation_split))
            self.bind(rows, batch_size or 32, epochs, resumed=kwargs.get("initial_epoch", 0) > 0)
        elif not self.objective.bound:
            raise ValueError(
                "The rows of a dataset are not known: call `model.bind(rows=..., batch_size=..., "
                "epochs=...)` before `fit`, or pass arrays"
            )
        return super().fit(
            x, y, batch_size, epochs, verbose, callbacks, validation_split, *args, **kwargs
        )

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of the optimizer on one batch; the running metrics."""
        images, labels = self._images_and_labels(data)
        step = tf.cast(self._inner_optimizer().iterations.value, tf.int32)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        draw = Draw(key=tf.stack([tf.constant(self.seed), step]), kind="estimator")
        with drawing(draw), tf.GradientTape() as tape:
            parameters = self._parameters(images, training=True)
            losses = self.objective.example_losses(parameters, labels)
            divergence = self.kl_divergence()
            weight = self.objective.weight(step) if self._has_posterior() else tf.constant(0.0)
            # The optimizer sums the gradients of the replicas: each gives its share of the mean.
            loss = (
                tf.reduce_sum(losses) / _rows_of_all_replicas(images)
                + weight * divergence / replicas
            )
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return self._track(losses, divergence, weight, parameters, labels)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """The metrics of one batch, for one draw of the noise."""
        images, labels = self._images_and_labels(data)
        parameters = self._parameters(images, training=False)
        losses = self.objective.example_losses(parameters, labels)
        has_weight = self._has_posterior() and (
            self.objective.bound or self.objective.kl_weight != "per_example"
        )
        weight = tf.constant(self.objective.full_weight if has_weight else 0.0)
        return self._track(losses, self.kl_divergence(), weight, parameters, labels)

    def _parameters(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """The distribution's parameters, also where a replica has none of a batch's rows.

        Not all of TensorFlow's kernels take empty tensors: the gradient of max pooling on a CPU
        ends the process. A blank image stands in for the missing ones, without a loss.
        """
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return self(images, training=training)
        rows = tf.shape(images)[0]
        blank = tf.zeros([tf.maximum(1 - rows, 0), *images.shape[1:]], images.dtype)
        return self(tf.concat([images, blank], axis=0), training=training)[:rows]

    def _track(
        self,
        losses: tf.Tensor,
        divergence: tf.Tensor,
        weight: tf.Tensor,
        parameters: tf.Tensor,
        labels: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        rows = tf.cast(tf.shape(losses)[0], tf.float32)
        nll = self.objective.unsmoothed_losses(parameters, labels, losses)
        self.nll_tracker.update_state(nll)
        self.kl_tracker.update_state(divergence, sample_weight=rows)
        self.loss_tracker.update_state(losses + weight * divergence)
        self.accuracy_tracker.update_state(self.objective.output.hits(parameters, labels))
        results: dict[str, tf.Tensor] = self.get_metrics_result()
        return results

    def _has_posterior(self) -> bool:
        return any(hasattr(layer, "kl_divergence") for layer in self.layers)

    def _steps_taken(self) -> int:
        optimizer = getattr(self, "optimizer", None)
        return 0 if optimizer is None else int(self._inner_optimizer().iterations.numpy())

    def _inner_optimizer(self) -> keras.optimizers.Optimizer:
        return getattr(self.optimizer, "inner_optimizer", self.optimizer)

    @staticmethod
    def _images_and_labels(data: Any) -> tuple[tf.Tensor, tf.Tensor]:
        images, labels, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if sample_weight is not None:
            raise ValueError(
                "Sample weights and class weights have no place in the likelihood that this "
                "model maximises. Received: sample_weight or class_weight"
            )
        if labels is None:
            raise ValueError("Expected images and labels. Received: images without labels")
        return images, labels

    def get_config(self) -> dict[str, Any]:
        """The functional model's config, with the objective, the seed and the epochs done."""
        return {
            **super().get_config(),
            "objective": keras.saving.serialize_keras_object(self.objective),
            "seed": self.seed,
            "epochs_done": self.epochs_done,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "BayesianModel":
        """The model with this config."""
        config = dict(config)
        objective = keras.saving.deserialize_keras_object(config.pop("objective"))
        seed, epochs_done = config.pop("seed"), config.pop("epochs_done")
        name = config["name"]  # Keras takes it out
        functional = keras.Model.from_config(config, custom_objects=custom_objects)
        return cls(
            inputs=functional.inputs[0],
            outputs=functional.outputs[0],
            objective=objective,
            seed=seed,
            epochs_done=epochs_done,
            name=name,
        )


def _rows_of_all_replicas(images: tf.Tensor) -> tf.Tensor:
    rows = tf.cast(tf.shape(images)[0], tf.float32)
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return rows
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, rows)
