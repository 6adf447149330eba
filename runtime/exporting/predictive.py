"""The prediction of a program as one function of a graph: images to named tensors.

The names are those of `bnnc predict --format npz`. The first axis of every tensor is that of the
images, as servers want it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import tensorflow as tf

from bnnc.runtime.calibration.fitted import FittedCalibration
from bnnc.runtime.estimators import estimator_for
from bnnc.runtime.exporting import probabilities
from bnnc.runtime.exporting.numbers import Mixture, interval
from bnnc.runtime.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import ClassOutput, OutputDistribution
from bnnc.runtime.prediction.draws import Draws, WeightDraws
from bnnc.runtime.prediction.ensemble_prediction import EnsembleDraws
from bnnc.runtime.prediction.predictors import AnyPredictor, ClassPredictor

Tensors = dict[str, tf.Tensor]

MEANINGS: Final = {
    "label": "index of the most likely class",
    "labels": "1 for each class that is more likely than not, else 0",
    "probs": "predictive probabilities, the mean over the weight draws",
    "confidence": "probability of the most likely class",
    "entropy": "entropy of `probs` in nats: the whole uncertainty",
    "expected_entropy": "mean entropy of the single draws in nats (aleatoric)",
    "mutual_information": "what the draws disagree on, in nats (epistemic)",
    "sets": "whether each class is in the prediction set",
    "rejected": "whether the prediction is rejected as too uncertain",
    "mean": "mean of the prediction",
    "std": "standard deviation of the prediction",
    "aleatoric_std": "standard deviation of the noise of the labels",
    "epistemic_std": "standard deviation of the means of the draws",
    "quantiles": "quantiles of the prediction, at each of the levels",
    "conformal_interval": "lower and upper end of the interval with a guaranteed coverage",
}
"""What each output is, in words."""


@dataclass(frozen=True)
class DrawsOf:
    """One model, and how its weights are drawn.

    Args:
        draws: the model, divided where its randomness begins.
        samples: number of draws.
        seed: seed of the draws.
    """

    draws: WeightDraws
    samples: int
    seed: int

    @property
    def layers_with_shared_noise(self) -> list[str]:
        """Names of the layers whose noise each image has by itself in `program.predict`.

        Convolutions under local reparameterization. In an export with fixed draws all images have
        that of the first.
        """
        return [one.name for one in self.draws.model.layers if has_noise_of_images(one)]


def has_noise_of_images(layer: Any) -> bool:
    """Whether the noise of a layer in `program.predict` differs from image to image."""
    name = getattr(layer, "estimator", None)
    if name is None:
        return False
    return not estimator_for(name, "weights", layer, layer.input).is_weight_draw


def members_of(predictor: AnyPredictor, samples: int, seed: int | None) -> tuple[DrawsOf, ...]:
    """The models that predict together, each with its draws.

    Args:
        predictor: of a program.
        samples: number of draws of each model.
        seed: seed of the draws; each model's own if None.

    Raises: ArgumentError for a seed out of range.
    """
    draws: Draws = predictor if isinstance(predictor, ClassPredictor) else predictor.weight_draws
    models: Sequence[Any] = draws.members if isinstance(draws, EnsembleDraws) else (draws,)
    return tuple(DrawsOf(one, one.draws(samples), one.checked_seed(seed)) for one in models)


def predictive(
    members: Sequence[DrawsOf], fitted: FittedCalibration | None
) -> Callable[[tf.Tensor], Tensors]:
    """The prediction over fixed draws: raw images [rows, ...] to named tensors [rows, ...].

    Args:
        members: the models that predict together.
        fitted: the calibration to apply, or None.
    """
    output = members[0].draws.output

    def function(images: tf.Tensor) -> Tensors:
        each = [
            tf.stack(one.draws.unrolled(images, one.samples, one.seed, shared=True))
            for one in members
        ]
        return prediction_of(output, each, fitted)

    return function


def prediction_of(
    output: OutputDistribution, each: Sequence[tf.Tensor], fitted: FittedCalibration | None
) -> Tensors:
    """The prediction of models that give parameters [draws, rows, width], one tensor a model."""
    if isinstance(output, ClassOutput):
        return _of_classes([_means(probabilities.of_classes(output, one)) for one in each], fitted)
    whole = tf.concat(each, axis=0)
    if isinstance(output, NumberOutput):
        return _of_numbers(output, whole, fitted)
    assert isinstance(output, IndependentBernoulli)
    return _of_label_sets(output.label_probabilities(whole))


def of_draw(output: OutputDistribution, parameters: tf.Tensor) -> Tensors:
    """What one draw says: probabilities, or mean and standard deviation. Shapes: [rows, width] ->."""
    if isinstance(output, ClassOutput):
        return {"probs": probabilities.of_classes(output, parameters)}
    if isinstance(output, NumberOutput):
        mean, variance, _ = Mixture(output, parameters[tf.newaxis]).moments()
        return _columns(output, {"mean": mean, "std": tf.sqrt(variance)})
    assert isinstance(output, IndependentBernoulli)
    return {"probs": output.label_probabilities(parameters)}


def _of_classes(
    members: Sequence[tuple[tf.Tensor, tf.Tensor]], fitted: FittedCalibration | None
) -> Tensors:
    """The prediction of classes. Members: probabilities [rows, classes] and mean entropies [rows]."""
    probs, expected = (tf.add_n(list(one)) / len(members) for one in zip(*members, strict=True))
    entropy = probabilities.entropy(probs)
    made = {
        "expected_entropy": expected,
        "mutual_information": tf.maximum(entropy - expected, 0.0),
    }
    if fitted is not None and fitted.probabilities is not None:
        probs = probabilities.calibrated(fitted.probabilities.calibrator, probs)
        entropy = probabilities.entropy(probs)
    confidence = tf.reduce_max(probs, axis=-1)
    made |= {
        "label": tf.argmax(probs, axis=-1, output_type=tf.int64),
        "probs": probs,
        "confidence": confidence,
        "entropy": entropy,
    }
    if fitted is not None and fitted.sets is not None:
        scores = probabilities.class_scores(fitted.sets.section, probs)
        made["sets"] = scores <= fitted.sets.threshold
    if fitted is not None and fitted.rejection is not None:
        made["rejected"] = confidence <= fitted.rejection.threshold
    return made


def _means(probs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean probabilities and mean entropy over the draws. Shapes: [draws, rows, classes] ->."""
    return (
        tf.reduce_mean(probs, axis=0),
        tf.reduce_mean(probabilities.entropy(probs), axis=0),
    )


def _of_label_sets(yes: tf.Tensor) -> Tensors:
    """Shapes: probabilities of a yes [draws, rows, classes] -> [rows, classes]."""

    def entropy(one: tf.Tensor) -> tf.Tensor:
        return probabilities.entropy(tf.stack([one, 1 - one], axis=-1))

    probs, expected = tf.reduce_mean(yes, axis=0), tf.reduce_mean(entropy(yes), axis=0)
    whole = entropy(probs)
    return {
        "labels": tf.cast(probs > 0.5, tf.int64),
        "probs": probs,
        "entropy": whole,
        "expected_entropy": expected,
        "mutual_information": tf.maximum(whole - expected, 0.0),
    }


def _of_numbers(
    output: NumberOutput, parameters: tf.Tensor, fitted: FittedCalibration | None
) -> Tensors:
    """The prediction of numbers. Shapes: [draws, rows, width] -> [rows, ...]."""
    mixture = Mixture(output, parameters)
    mean, within, between = mixture.moments()
    std, quantiles = tf.sqrt(within + between), mixture.quantiles()
    made = {
        "mean": mean,
        "std": std,
        "aleatoric_std": tf.sqrt(within),
        "epistemic_std": tf.sqrt(between),
    }
    before = {"quantiles": quantiles}
    if fitted is not None and fitted.interval is not None:
        one = fitted.interval
        before["conformal_interval"] = interval(
            one.section.method, one.section.coverage, one.thresholds, mean, std, quantiles
        )
    # [levels or ends, rows, columns] -> [rows, levels or ends, columns]
    made |= {name: tf.transpose(value, [1, 0, 2]) for name, value in before.items()}
    return _columns(output, made)


def _columns(output: NumberOutput, made: Tensors) -> Tensors:
    """Without the last axis where an image has one number."""
    if output.columns > 1:
        return made
    return {name: value[..., 0] for name, value in made.items()}
