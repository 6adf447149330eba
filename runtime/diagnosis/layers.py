"""Measure the layers of a model: kernels, posteriors, activations, gradients, noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.diagnosis.evidence import Kernel, LayerEvidence
from bnnc.runtime.layers.variational import Variational
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.noise import Draw, drawing

Array = npt.NDArray[Any]

# Draws that the noise of a layer is measured with.
_DRAWS = 6
# More noise than that, so few draws cannot tell from any more.
_MOST_NOISE = 100.0
# Outputs of bounded activations this close to an end of the range are saturated.
_MARGIN = 0.01
_ENDS = {
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
}
# A unit whose outputs are all below this is dead: float32 has no smaller difference near 1.
_ZERO = 1e-7


@dataclass(frozen=True, slots=True)
class _Outputs:
    """The outputs of a layer for some rows, of each draw. Shape: [draws, rows, ..., channels]."""

    values: Array

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean(np.square(self.values, dtype=np.float64))))

    @property
    def dead(self) -> float:
        channels = np.abs(self.values).reshape(-1, self.values.shape[-1])
        return float(np.mean(channels.max(axis=0) < _ZERO))

    def saturated(self, activation: str | None) -> float | None:
        ends = _ENDS.get(activation or "")
        if ends is None:
            return None
        low, high = ends
        margin = _MARGIN * (high - low)
        at_end = (self.values < low + margin) | (self.values > high - margin)
        return float(np.mean(at_end))

    @property
    def noise(self) -> float | None:
        """Variance over draws, divided by that over rows; at most 100."""
        if len(self.values) < 2:
            return None
        values = self.values.astype(np.float64)
        over_draws = values.var(axis=0, ddof=1).mean()
        # The mean over draws has a share of their variance.
        over_rows = values.mean(axis=0).var(axis=0, ddof=1).mean() - over_draws / len(values)
        return float(over_draws / max(over_rows, over_draws / _MOST_NOISE, 1e-12))


def is_finite(model: BayesianModel) -> bool:
    """Whether all weights are numbers."""
    return all(bool(np.isfinite(np.asarray(one)).all()) for one in model.weights)


def layers_of(
    model: BayesianModel,
    start: BayesianModel | None,
    placed: dict[str, int],
    rows: tuple[Array, Array] | None,
) -> tuple[LayerEvidence, ...]:
    """Measure every layer that the spec places; without rows, the kernels alone.

    Args:
        model: the trained model.
        start: the same model before training; None where it cannot be made.
        placed: index of the placed layer by the name of the Keras layer.
        rows: images and labels that were trained on, labels as the spec encodes them.
    """
    chosen = [layer for layer in model.layers if layer.name in placed]
    started = {} if start is None else {layer.name: layer for layer in start.layers}
    at_start: dict[str, float] = {}
    if rows is not None and start is not None:
        at_start = _gradients(start, tf.cast(rows[0], tf.float32), rows[1])
    if rows is None or not is_finite(model):
        return tuple(
            LayerEvidence(
                name=layer.name,
                index=placed[layer.name],
                activation=_activation(layer),
                kernel=_kernel(layer, started.get(layer.name), {}, at_start),
            )
            for layer in chosen
        )
    images, labels = rows
    inputs = tf.cast(images, tf.float32)
    outputs = _outputs(model, chosen, inputs)
    gradients = _gradients(model, inputs, labels)
    given = _input_statistics(model, chosen, inputs)
    found = []
    for layer in chosen:
        values, activation = outputs[layer.name], _activation(layer)
        mean_error, variance_ratio = given.get(layer.name, (None, None))
        found.append(
            LayerEvidence(
                name=layer.name,
                index=placed[layer.name],
                activation=activation,
                output_rms=values.rms,
                dead=values.dead,
                saturated=values.saturated(activation),
                noise=values.noise,
                moving_mean_error=mean_error,
                moving_variance_ratio=variance_ratio,
                kernel=_kernel(layer, started.get(layer.name), gradients, at_start),
            )
        )
    return tuple(found)


def _activation(layer: keras.layers.Layer) -> str | None:
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", None)
    return None if name in (None, "linear") else str(name)


def _outputs(
    model: BayesianModel, chosen: list[keras.layers.Layer], images: tf.Tensor
) -> dict[str, _Outputs]:
    """The outputs of layers for several draws of the weights; one of a deterministic model."""
    whole = keras.Model(model.input, [layer.output for layer in chosen])
    is_random = any(getattr(layer, "stochastic", False) for layer in model.layers)
    each = []
    for number in range(_DRAWS if is_random else 1):
        with drawing(Draw(key=tf.constant([model.seed, number]), kind="weights")):
            made = whole(images, training=False)
        each.append([np.asarray(one, np.float32) for one in keras.tree.flatten(made)])
    return {
        layer.name: _Outputs(np.stack([made[number] for made in each]))
        for number, layer in enumerate(chosen)
    }


def _kernel_variable(layer: keras.layers.Layer) -> Any:
    """The variable of a layer's kernel; None where it has none."""
    for name in ("kernel", "depthwise_kernel", "_kernel"):
        variable = getattr(layer, name, None)
        if variable is not None and hasattr(variable, "shape"):
            return variable
    return None


def _kernels(model: BayesianModel) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        variable = _kernel_variable(layer)
        if variable is not None:
            yield layer.name, variable


def _gradients(model: BayesianModel, images: tf.Tensor, labels: Array) -> dict[str, float]:
    """Norm of the gradient of the mean NLL by each kernel, divided by the kernel's norm."""
    named = dict(_kernels(model))
    variables = list(named.values())
    draw = Draw(key=tf.constant([model.seed, 0]), kind="weights")
    with tf.GradientTape(watch_accessed_variables=False) as tape, drawing(draw):
        tape.watch([one.value for one in variables])
        parameters = model(images, training=False)
        losses = model.objective.example_losses(parameters, tf.convert_to_tensor(labels))
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, [one.value for one in variables])
    return {
        name: _norm(gradient) / max(_norm(variable), 1e-12)
        for (name, variable), gradient in zip(named.items(), gradients, strict=True)
        if gradient is not None
    }


def _norm(values: Any) -> float:
    return float(np.linalg.norm(np.asarray(values, np.float64)))


def _kernel(
    layer: keras.layers.Layer,
    start: keras.layers.Layer | None,
    gradients: dict[str, float],
    at_start: dict[str, float],
) -> Kernel | None:
    variable = _kernel_variable(layer)
    if variable is None:
        return None
    means = np.asarray(variable, np.float64)
    found: dict[str, Any] = {
        "size": means.size,
        "inputs": max(means.size // max(means.shape[-1], 1), 1),
        "rms": _rms(means),
        "gradient": gradients.get(layer.name),
        "gradient_at_start": at_start.get(layer.name),
    }
    if start is not None:
        before = np.asarray(_kernel_variable(start), np.float64)
        if before.shape == means.shape:
            found["rms_at_start"] = _rms(before)
            found["moved"] = _norm(means - before) / max(_norm(before), 1e-12)
    if isinstance(layer, Variational):
        found |= _posterior(layer, start, means)
    return Kernel(**found)


def _posterior(
    layer: Variational, start: keras.layers.Layer | None, means: Array
) -> dict[str, Any]:
    scales = np.asarray(layer.kernel_scale, np.float64)
    first = layer if start is None else start
    assert isinstance(first, Variational)
    prior = float(np.max(np.asarray(first.kernel_prior.stddev(), np.float64)))
    found: dict[str, Any] = {
        "scale": float(np.median(scales)),
        "prior_scale": prior,
        "kl": float(layer.kl_divergence()),
        "snr": float(np.median(np.abs(means) / scales)),
        "at_prior": float(
            np.mean((np.abs(np.log(scales / prior)) < 0.1) & (np.abs(means) < prior / 3))
        ),
    }
    if start is not None:
        before = np.asarray(first.kernel_scale, np.float64)
        found["scale_at_start"] = float(np.median(before))
        found["scale_moved"] = float(np.mean(np.abs(np.log(scales / before))))
    return found


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _input_statistics(
    model: BayesianModel, chosen: list[keras.layers.Layer], images: tf.Tensor
) -> dict[str, tuple[float, float]]:
    """How far the moving statistics of batch normalizations are from those of their inputs."""
    normalizing = [one for one in chosen if isinstance(one, keras.layers.BatchNormalization)]
    if not normalizing:
        return {}
    # In training, as the moving statistics were collected.
    before = keras.Model(model.input, [layer.input for layer in normalizing])
    with drawing(Draw(key=tf.constant([model.seed, 0]), kind="weights")):
        made = keras.tree.flatten(before(images, training=False))
    found = {}
    for layer, values in zip(normalizing, made, strict=True):
        rows = np.asarray(values, np.float64).reshape(-1, values.shape[-1])
        mean, variance = rows.mean(axis=0), rows.var(axis=0)
        error = (np.asarray(layer.moving_mean) - mean) / np.sqrt(variance + layer.epsilon)
        ratio = (np.asarray(layer.moving_variance) + layer.epsilon) / (variance + layer.epsilon)
        found[layer.name] = (_rms(error), float(np.exp(np.mean(np.log(ratio)))))
    return found
