"""The Keras model: images to the parameters of the output distribution, and its training step."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.errors import ArgumentError
from bnnc.runtime import keras_internals
from bnnc.runtime.keras_internals import compiled_metrics
from bnnc.runtime.keras_settings import KerasDefaultsModel, keras_defaults
from bnnc.runtime.ordered_sum import ordered_sum
from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.training import statistics
from bnnc.runtime.training.differentiation import differentiate
from bnnc.runtime.training.early_stopping import EarlyStoppingState
from bnnc.runtime.training.ema import batch_count, inner_optimizer, steps_of, use_raw_weights
from bnnc.runtime.training.fit_comparison import FitComparison
from bnnc.runtime.training.fitting import fit_posteriors, forget_posteriors
from bnnc.runtime.training.gradients import clipped_over_replicas, parameters_of
from bnnc.runtime.training.keras_fit import FitArguments, images_and_labels
from bnnc.runtime.training.objective import PER_EXAMPLE, Objective
from bnnc.runtime.training.optimizers import scaling_optimizer
from bnnc.runtime.training.progress import Progress, continued, load_progress, save_progress
from bnnc.runtime.training.schedules import bind_learning_rate
from bnnc.runtime.workers import refuse_several_workers
from bnnc.specs.sources import DataFacts

# Called with what is known of the data of a training, its batch size, and its epochs where a person
# said how many they are.
DataListener = Callable[[DataFacts, int | None, int | None], None]

# Arguments of the model that are plain values.
_PLAIN = ("seed", "samples", "identity")
# What earlier versions had in the config, and is saved with the weights now.
_PROGRESS = ("epochs_done", "averaged", "watch")


@keras.saving.register_keras_serializable(package="bnnc")
class BayesianModel(KerasDefaultsModel):
    """A Keras functional model that learns an output distribution and a posterior of its weights.

    `fit`, `evaluate`, `predict`, callbacks, `save` and `keras.saving.load_model` are Keras's own.
    Calling the model gives the distribution's parameters for fresh noise, new on every call.
    Keras's global settings (`keras.config`) change nothing in the model.

    One counter, `steps_taken`, numbers the training steps, whatever takes them. The noise of a step
    and the warm-up of the KL depend on it. A second `fit` goes on with the count, so a warm-up that
    is over does not begin again. A learning rate schedule or cycles of the KL that are laid over a
    whole training begin again with each `fit`, unless `initial_epoch` says that it continues.

    `inputs` and `outputs`, the first two arguments, are those of `keras.Model`. Layers with a KL are
    layers of the model itself, not of a model inside it.

    Args:
        output: the distribution of a label given the model's outputs, as in
            `bnnc.outputs.Categorical(parameterization="logits", labels="integer", classes=10)`.
        loss: name of the loss of one example, as in a spec.
        kl_weight: "per_example" for one over the rows that are trained on, or a number; the KL of
            all layers times it is added to the mean loss of a batch.
        kl_warmup_epochs: epochs over which that weight rises linearly from 0.
        temperature: multiplies that weight.
        objective: what `train_step` minimises, instead of `output` and those.
        seed: seed of the noise of training.
        samples: weight draws that the loss of a batch is averaged over in training.
        identity: name of the program or run that it was last saved for; None before.

    Attributes:
        epochs_done: epochs that `bnnc.runtime.training.loop.train` has finished.
        batches_done: batches of the next epoch that it has behind it; the metrics are of them.
        averaged: whether the weights are the averages of an optimizer with `use_ema`, which
            holds the weights that are trained meanwhile.
        watch: what early stopping knows.

    These, and `steps_taken`, are saved with the weights, so that the two cannot disagree. They are
    no part of the config: a model that is made of it has not been trained. `fit_comparison` is how
    likely rows were before and after posteriors were fitted at the end of the last training, or None.

    Input shape: images [batch, height, width, channels], raw values.
    Output shape: parameters [batch, `objective.output.width`].
    Raises: ValueError without an objective, as from `keras.models.clone_model`; ArgumentError for
        outputs of another width than the distribution's, and for a KL that would be left out.
    """

    def __init__(
        self,
        *args: Any,
        output: OutputDistribution | None = None,
        loss: str = "negative_log_likelihood",
        kl_weight: str | float = PER_EXAMPLE,
        kl_warmup_epochs: float = 0.0,
        temperature: float = 1.0,
        objective: Objective | None = None,
        seed: int = 0,
        samples: int = 1,
        identity: str | None = None,
        **kwargs: Any,
    ) -> None:
        if output is not None:
            if objective is not None:
                raise ArgumentError("Expected one of `output` and `objective`. Received: both")
            objective = Objective(
                output,
                loss=loss,
                kl_weight=kl_weight,
                kl_warmup_epochs=kl_warmup_epochs,
                temperature=temperature,
            )
        if objective is None:
            raise ValueError(
                "Expected `output`, the distribution of the labels, or `objective`, what training "
                "minimises; `keras.models.clone_model` cannot "
                "pass it on. Use `copy.deepcopy(model)` for a copy with its weights and its "
                "optimizer, or `type(model).from_config(model.get_config())` for an untrained one, "
                "and compile that"
            )
        with keras_defaults():  # not a decorator: Keras reads the arguments of this method
            super().__init__(*args, **kwargs)
        self._check_outputs(objective)
        for layer in self.layers:
            if hasattr(layer, "connect"):  # a layer whose KL is of another's kernel
                layer.connect(self.get_layer)
        self.objective = objective
        self.seed = seed
        self.samples = samples
        self.identity = identity
        self.data_listener: DataListener | None = None
        self.epochs_done = 0
        self.batches_done = 0
        self.averaged = False
        self.watch = EarlyStoppingState()
        self.counts: list[np.float32] | None = None  # of the metrics, over all workers
        self._earlier_steps, self.steps_loaded = 0, None  # `steps_taken`, as loaded with weights
        self.rows_given = False  # whether `bind` was called for the `fit` to come
        self.fit_comparison: FitComparison | None = None
        self.loss_tracker = keras.metrics.Mean(name="loss", dtype="float32")
        self.nll_tracker = keras.metrics.Mean(name="nll", dtype="float32")
        self.kl_tracker = keras.metrics.Mean(name="kl", dtype="float32")
        self.score_tracker = keras.metrics.Mean(objective.output.score_name, dtype="float32")

    def _check_outputs(self, objective: Objective) -> None:
        """Refuse outputs that the distribution does not take, and layers whose KL is not found."""
        expected = (None, objective.output.width)
        if self.output_shape != expected:
            raise ArgumentError(
                f"Expected outputs of the shape {expected}, which {objective.output!r} takes. "
                f"Received: {self.output_shape}"
            )
        for layer in self.layers:
            inside = keras_internals.layers_inside(layer)
            lost = [one.name for one in inside if hasattr(one, "kl_divergence")]
            if lost:
                raise ArgumentError(
                    f"The KL divergence of {', '.join(map(repr, lost))} would be left out: it is "
                    f"inside of {layer.name!r}. Call its layers one by one, "
                    "so that they are layers of the model itself"
                )

    @keras_defaults()
    def compile(
        self,
        optimizer: Any = None,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        *args: Any,
        auto_scale_loss: bool = True,
        **kwargs: Any,
    ) -> None:
        """`keras.Model.compile`; the loss is the model's own.

        A layer's `not_decayed` variables are spared from weight decay.

        Args:
            optimizer: as of `keras.Model.compile`; the present one, with its state, if None.
            metrics, weighted_metrics: Keras metrics. They compare the labels with the mean of the
                distribution: of classes the probabilities [batch, classes], of yes or no the
                probability of yes [batch, 1], of several labels those of all [batch, labels], of
                numbers their mean [batch] or [batch, numbers]. In training and `evaluate` it is
                that of one draw of the weights.
            loss, loss_weights: refused.
            auto_scale_loss: whether the loss is scaled where layers compute in float16.
            *args, **kwargs: as of `keras.Model.compile`.

        Raises: ValueError for a loss.
        """
        if loss is not None or loss_weights is not None:
            raise ValueError(
                "Expected no loss: the model minimises its own, the spec's `loss` plus the weighted "
                "KL divergence. Change `loss` in the spec, and pass `metrics` to watch other numbers. "
                f"Received: loss={loss!r}, loss_weights={loss_weights!r}"
            )
        before, taken = getattr(self, "optimizer", None), self.steps_taken
        optimizer = keras.optimizers.get(optimizer or before or "rmsprop")
        if auto_scale_loss and any(layer.compute_dtype == "float16" for layer in self.layers):
            optimizer = scaling_optimizer(optimizer)
        super().compile(
            optimizer, None, None, metrics, weighted_metrics, *args, auto_scale_loss=False, **kwargs
        )
        if before is not None:
            self._earlier_steps, self.steps_loaded = taken - steps_of(self.optimizer), None
            self.averaged = self.averaged and before is self.optimizer
        spared = [
            variable
            for layer in self.layers
            for variable in layer.trainable_variables
            if any(name in variable.name for name in getattr(layer, "not_decayed", ()))
        ]
        inner = inner_optimizer(self.optimizer)
        if spared and not inner.built:
            inner.exclude_from_weight_decay(var_list=spared)

    @keras_defaults()
    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as was saved: Keras leaves it to whoever has a `compile` of their own."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Means over the rows seen since the epoch began, and the metrics of `compile`."""
        own = [self.loss_tracker, self.nll_tracker, self.kl_tracker, self.score_tracker]
        compiled = compiled_metrics(self)
        return own if compiled is None else [*own, compiled]

    @property
    def steps_taken(self) -> int:
        """Training steps behind the weights: batches, those of earlier optimizers included."""
        counted = self._earlier_steps + steps_of(getattr(self, "optimizer", None))
        return counted if self.steps_loaded is None else self.steps_loaded

    def _steps_before(self) -> int:
        """The training steps that the optimizer does not count."""
        if self.steps_loaded is not None:  # not before: Keras loads the optimizer last, or not
            self._earlier_steps = self.steps_loaded - steps_of(self.optimizer)
            self.steps_loaded = None
        return self._earlier_steps

    def kl_divergence(self) -> tf.Tensor:
        """KL(posterior ‖ prior) summed over all layers: nats, float32, shape []."""
        divergences = [
            layer.kl_divergence() for layer in self.layers if hasattr(layer, "kl_divergence")
        ]
        return ordered_sum(divergences) if divergences else tf.constant(0.0)

    def distribution(self, images: tf.Tensor) -> tfp.distributions.Distribution:
        """The output distribution for one draw of the noise. Shapes: -> batch shape [batch]."""
        return self.objective.output.distribution(self(images))

    def bind(
        self,
        rows: int,
        batch_size: int,
        epochs: int = 1,
        *,
        steps_per_epoch: int | None = None,
        resumed: bool = False,
    ) -> None:
        """Tell the objective and the learning rate how long the training is that begins now.

        What was fitted after an earlier one is forgotten. The `fit` on a dataset that follows does
        not count its rows. The rules of the compiler are asked again with the rows, and warn of what
        they find.

        Args:
            rows: rows trained on, N, after any validation split.
            batch_size: rows of one step.
            epochs: epochs of the whole training.
            steps_per_epoch: steps of one epoch; rows / batch_size, rounded up, if None.
            resumed: whether a training goes on that was bound before. Otherwise what is laid over
                a whole training, cycles of the KL and some learning rates, begins anew. The warm-up
                of the KL goes on in either case.
        """
        # One epoch is what a loop of a person's own asks for, again and again.
        self._ask_rules(rows, batch_size, epochs if epochs > 1 else None)
        self.set_length(rows, batch_size, epochs, steps_per_epoch=steps_per_epoch, resumed=resumed)

    def _ask_rules(self, rows: int, batch_size: int, epochs: int | None) -> None:
        """Let the compiler warn of what a training of so many rows shows."""
        if self.data_listener is not None:
            # A training that goes on is longer than the epochs of this call.
            epochs = epochs if self.steps_taken == 0 else None
            self.data_listener(DataFacts(name="given to Keras", rows=rows), batch_size, epochs)

    def set_length(
        self,
        rows: int,
        batch_size: int,
        epochs: int = 1,
        *,
        steps_per_epoch: int | None = None,
        resumed: bool = False,
    ) -> None:
        """As `bind`, without asking the rules again."""
        use_raw_weights(self)
        forget_posteriors(self)
        self.batches_done = 0
        now, before = self.steps_taken, self.objective
        bound = before.bind(rows, batch_size, epochs=epochs, steps_per_epoch=steps_per_epoch)
        steps = steps_per_epoch or -(-rows // batch_size)
        first_step = continued(before.first_step, before.steps_per_epoch, steps, now)
        anew = before.kl_cycles > 0 and not resumed
        self.objective = replace(bound, first_step=now if anew else first_step)
        bind_learning_rate(getattr(self, "optimizer", None), steps, epochs, resumed=resumed)
        self.rows_given = True
        # Steps traced before have the old numbers in them.
        self.train_function = None
        self.test_function = None

    def adapt(self, features: Any, labels: Any) -> None:
        """Take the statistics that features and labels are standardised by; `fit` does it by itself.

        A model that has some keeps them. Shapes: features [rows, features], labels [rows] or [rows,
        numbers].
        """
        statistics.take_statistics(self, [(features, labels)])

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """`keras.Model.fit`; the rows are counted, and the KL weighted by them.

        Rows of arrays are known. A `tf.data.Dataset`, a `keras.utils.PyDataset`, or anything else
        that can be gone through twice is counted in a pass of its own, unless `bind` was called
        before. What is fitted after training is, in one more pass through the rows.

        Raises: ValueError, before the training begins, for weights of rows or classes; for a
            generator, whose rows nobody knows, if `bind` was not called before; and for a generator
            where a posterior is fitted after the training.
        """
        refuse_several_workers("`fit` of Keras")
        given = FitArguments.of(self, args, kwargs)
        statistics.prepare_fit(self, given.images, given.batches)
        if given.rows is not None:
            self._ask_rules(given.rows, given.batch_size, given.epochs)
            self.set_length(
                given.rows,
                given.batch_size,
                given.epochs,
                steps_per_epoch=given.steps_per_epoch,
                resumed=given.initial_epoch > 0,
            )
        self.rows_given = False
        history = super().fit(*args, **kwargs)
        with keras_defaults():
            fit_posteriors(self, given.batches())
        return history

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """`keras.Model.train_on_batch`. What was fitted after a training is forgotten.

        Raises: ValueError if the KL is weighted by the rows, and `bind` has not told them.
        """
        refuse_several_workers("`train_on_batch` of Keras")
        statistics.refuse_without_statistics(self)
        if self.has_posterior():
            # Asked before the step is traced: an error from inside a trace is hard to read.
            self.objective.weight(tf.constant(0))
        use_raw_weights(self)
        forget_posteriors(self)
        return super().train_on_batch(*args, **kwargs)

    @keras_defaults()
    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of the optimizer on one batch; the running metrics."""
        images, labels = images_and_labels(data)
        step = tf.cast(batch_count(self.optimizer).value, tf.int32) + self._steps_before()
        gradients, losses, divergence, weight, parameters = differentiate(
            self, images, labels, step
        )
        gradients = clipped_over_replicas(self.optimizer, gradients)
        self.optimizer.apply(gradients, self.trainable_variables)
        if self.samples > 1:
            labels = tf.tile(labels, [self.samples, *[1] * (labels.shape.rank - 1)])
        return self._track(losses, divergence, weight, parameters, labels)

    @keras_defaults()
    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """The metrics of one batch, for one draw of the noise."""
        images, labels = images_and_labels(data)
        parameters = parameters_of(self, images, training=False)
        losses = self.objective.example_losses(parameters, labels)
        has_weight = self.has_posterior() and (
            self.objective.bound or self.objective.kl_weight != "per_example"
        )
        weight = tf.constant(self.objective.full_weight if has_weight else 0.0)
        return self._track(losses, self.kl_divergence(), weight, parameters, labels)

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
        compiled = compiled_metrics(self)
        if compiled is not None:
            compiled.update_state(labels, self.objective.output.mean_label(parameters))
        results: dict[str, tf.Tensor] = self.get_metrics_result()
        return results

    def has_posterior(self) -> bool:
        """Whether a layer has a KL divergence."""
        return any(hasattr(layer, "kl_divergence") for layer in self.layers)

    def get_config(self) -> dict[str, Any]:
        """The functional model's config, with the objective and the seed."""
        return {
            **super().get_config(),
            "objective": keras.saving.serialize_keras_object(self.objective.unbound()),
            **{name: getattr(self, name) for name in _PLAIN},
        }

    def save_own_variables(self, store: Any) -> None:
        """Store how far the training is."""
        save_progress(self, store)

    def load_own_variables(self, store: Any) -> None:
        """Read how far the training is."""
        load_progress(self, store)

    @classmethod
    @keras_defaults()
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "BayesianModel":
        """The model with this config."""
        config = {"identity": None, **config}  # earlier versions have none
        objective = keras.saving.deserialize_keras_object(config.pop("objective"))
        plain = {name: config.pop(name) for name in _PLAIN}
        earlier = {name: config.pop(name) for name in _PROGRESS if name in config}
        name = config["name"]  # Keras takes it out
        functional = keras.Model.from_config(config, custom_objects=custom_objects)
        model = cls(
            inputs=functional.inputs[0],
            outputs=functional.outputs[0],
            objective=objective,
            name=name,
            **plain,
        )
        if earlier:
            progress = Progress(**earlier)
            model.epochs_done, model.averaged = progress.epochs_done, progress.averaged
            model.watch = EarlyStoppingState.from_config(progress.watch)
        return model
