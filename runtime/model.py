"""The Keras model: images to the parameters of the output distribution, and its training step."""

import math
from typing import Any

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.averaging import batches_taken, inner_optimizer, show_weights
from bnnc.runtime.batches import Rows
from bnnc.runtime.fit_comparison import FitComparison
from bnnc.runtime.fitting import fit_posteriors, forget_posteriors
from bnnc.runtime.gradients import clipped_over_replicas, gradients_or_zeros, summed_over_draws
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.objective import Objective
from bnnc.runtime.schedules import Schedule
from bnnc.runtime.stopping import Watch

# Arguments of the model that are plain values.
_PLAIN = ("seed", "samples", "epochs_done", "averaged")


@keras.saving.register_keras_serializable(package="bnnc")
class BayesianModel(keras.Model):
    """A Keras functional model that learns an output distribution and a posterior of its weights.

    `fit`, `evaluate`, `predict`, callbacks, `save` and `keras.saving.load_model` are Keras's own.
    Calling the model gives the distribution's parameters for fresh noise, new on every call.

    Args:
        inputs, outputs: as of `keras.Model`.
        objective: what `train_step` minimises.
        seed: seed of the noise of training.
        samples: weight draws that the loss of a batch is averaged over in training.
        epochs_done: epochs that `bnnc.runtime.training.train` has finished, saved with the
            weights so that the two cannot disagree.
        averaged: whether the weights are the averages of an optimizer with `use_ema`, which
            holds the weights that are trained meanwhile.
        watch: what early stopping knows, as `Watch.get_config` gives it.

    Attributes:
        fit_comparison: how likely rows were before and after posteriors were fitted at the end of
            the last training; None where none were.

    Input shape: images [batch, height, width, channels], raw values.
    Output shape: parameters [batch, `objective.output.width`].
    """

    def __init__(
        self,
        *args: Any,
        objective: Objective,
        seed: int = 0,
        samples: int = 1,
        epochs_done: int = 0,
        averaged: bool = False,
        watch: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for layer in self.layers:
            if hasattr(layer, "connect"):  # a layer whose KL is of another's kernel
                layer.connect(self.get_layer)
        self.objective = objective
        self.seed = seed
        self.samples = samples
        self.epochs_done = epochs_done
        self.averaged = averaged
        self.watch = Watch.from_config(watch or {})
        self.fit_comparison: FitComparison | None = None
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.nll_tracker = keras.metrics.Mean(name="nll")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.score_tracker = keras.metrics.Mean(name=objective.output.score_name)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """`keras.Model.compile`; what a layer says is not to be decayed is not."""
        super().compile(*args, **kwargs)
        spared = [
            variable
            for layer in self.layers
            for variable in layer.trainable_variables
            if any(name in variable.name for name in getattr(layer, "not_decayed", ()))
        ]
        optimizer = inner_optimizer(self.optimizer)
        if spared and not optimizer.built:
            optimizer.exclude_from_weight_decay(var_list=spared)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as was saved: Keras leaves it to whoever has a `compile` of their own."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Means over the rows seen since the epoch began."""
        return [self.loss_tracker, self.nll_tracker, self.kl_tracker, self.score_tracker]

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
        """Tell the objective and the learning rate how long the training is that begins now.

        What was fitted after an earlier one is forgotten.

        Args:
            rows: rows trained on, N, after any validation split.
            batch_size: rows of one step.
            epochs: epochs of the whole training.
            resumed: whether a training goes on that was bound before; otherwise the warm-up of
                the KL and the decay of the learning rate begin with the next step.
        """
        show_weights(self)
        forget_posteriors(self)
        first_step = self.objective.first_step if resumed else self._steps_taken()
        self.objective = self.objective.bind(rows, batch_size, first_step, epochs)
        optimizer = inner_optimizer(getattr(self, "optimizer", None))
        schedule = getattr(optimizer, "_learning_rate", None)
        if isinstance(schedule, Schedule):
            schedule.bind(math.ceil(rows / batch_size), epochs, first_step)
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

        What is fitted after training is, in one more pass through the rows.

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
        history = super().fit(
            x, y, batch_size, epochs, verbose, callbacks, validation_split, *args, **kwargs
        )
        if hasattr(x, "shape"):
            x = Rows(x[:rows], y[:rows], batch_size or 32).epoch(0)
        elif kwargs.get("steps_per_epoch") is not None:  # the dataset may have no end
            x = x.take(kwargs["steps_per_epoch"])
        fit_posteriors(self, x)
        return history

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of the optimizer on one batch; the running metrics."""
        images, labels = self._images_and_labels(data)
        step = tf.cast(batches_taken(self.optimizer).value, tf.int32)
        gradients, losses, divergence, weight, parameters = self._differentiate(
            images, labels, step
        )
        gradients = clipped_over_replicas(self.optimizer, gradients)
        self.optimizer.apply(gradients, self.trainable_variables)
        if self.samples > 1:
            labels = tf.tile(labels, [self.samples, *[1] * (labels.shape.rank - 1)])
        return self._track(losses, divergence, weight, parameters, labels)

    def _differentiate(
        self, images: tf.Tensor, labels: tf.Tensor, step: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Gradients of the scaled objective; example losses, KL, its weight, and parameters.

        Under several draws the losses and the parameters of all of them stand one after the
        other, and the gradients are those of the mean.
        """
        key = tf.stack([tf.constant(self.seed), step])
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        # The optimizer sums the gradients of the replicas: each gives its share of the mean.
        rows = _rows_of_all_replicas(images)
        weight = self.objective.weight(step) if self._has_posterior() else tf.constant(0.0)

        def likelihood() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            parameters = self._parameters(images, training=True)
            losses = self.objective.example_losses(parameters, labels)
            return tf.reduce_sum(losses) / rows, losses, parameters

        def likelihood_of_draw(draw_key: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            with drawing(Draw(key=draw_key, kind="estimator")):
                return likelihood()

        if self.samples > 1:
            with tf.GradientTape() as tape, drawing(Draw(key=key, kind="estimator")):
                divergence = self.kl_divergence()
                scaled = self.optimizer.scale_loss(weight * divergence / replicas)
            gradients = gradients_or_zeros(tape, scaled, self.trainable_variables)
            gradients, losses, parameters = summed_over_draws(
                likelihood_of_draw,
                key,
                self.samples,
                self.trainable_variables,
                gradients,
                lambda loss: self.optimizer.scale_loss(loss / self.samples),
            )
            return gradients, losses, divergence, weight, parameters
        # The KL within the same draw: it needs the standard deviations that the noise has had.
        with tf.GradientTape() as tape, drawing(Draw(key=key, kind="estimator")):
            loss, losses, parameters = likelihood()
            divergence = self.kl_divergence()
            scaled = self.optimizer.scale_loss(loss + weight * divergence / replicas)
        gradients = tape.gradient(scaled, self.trainable_variables)
        return gradients, losses, divergence, weight, parameters

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
        nll = self.objective.negative_log_likelihoods(parameters, labels, losses)
        self.nll_tracker.update_state(nll)
        self.kl_tracker.update_state(divergence, sample_weight=rows)
        self.loss_tracker.update_state(losses + weight * divergence)
        self.score_tracker.update_state(self.objective.output.score(parameters, labels))
        results: dict[str, tf.Tensor] = self.get_metrics_result()
        return results

    def _has_posterior(self) -> bool:
        return any(hasattr(layer, "kl_divergence") for layer in self.layers)

    def _steps_taken(self) -> int:
        optimizer = getattr(self, "optimizer", None)
        return 0 if optimizer is None else int(batches_taken(optimizer).numpy())

    @staticmethod
    def _images_and_labels(data: Any) -> tuple[tf.Tensor, tf.Tensor]:
        images, labels, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if sample_weight is not None:
            raise ValueError(
                "Sample weights have no place in the likelihood that this model maximises; weights "
                "of classes stand in the spec, as `loss.class_weight`. "
                "Received: sample_weight or class_weight"
            )
        if labels is None:
            raise ValueError("Expected images and labels. Received: images without labels")
        return images, labels

    def get_config(self) -> dict[str, Any]:
        """The functional model's config, with the objective, the seed, and how far it is."""
        return {
            **super().get_config(),
            "objective": keras.saving.serialize_keras_object(self.objective),
            **{name: getattr(self, name) for name in _PLAIN},
            "watch": self.watch.get_config(),
        }

    def save_own_variables(self, store: Any) -> None:
        """Store the best weights of early stopping beside the layers' own."""
        self.watch.save_weights(store)

    def load_own_variables(self, store: Any) -> None:
        """Read the best weights of early stopping."""
        self.watch.load_weights(store)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "BayesianModel":
        """The model with this config."""
        config = dict(config)
        objective = keras.saving.deserialize_keras_object(config.pop("objective"))
        own = {name: config.pop(name) for name in (*_PLAIN, "watch")}
        name = config["name"]  # Keras takes it out
        functional = keras.Model.from_config(config, custom_objects=custom_objects)
        return cls(
            inputs=functional.inputs[0],
            outputs=functional.outputs[0],
            objective=objective,
            name=name,
            **own,
        )


def _rows_of_all_replicas(images: tf.Tensor) -> tf.Tensor:
    rows = tf.cast(tf.shape(images)[0], tf.float32)
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return rows
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, rows)
