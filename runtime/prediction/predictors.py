"""Choose the predictor of a model or an ensemble."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.prediction.draws import Draws, WeightDraws, mixture_log_prob
from bnnc.runtime.prediction.ensemble_prediction import EnsembleDraws, EnsemblePredictor
from bnnc.runtime.prediction.metrics import classification_metrics
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction, LabelSetPredictor
from bnnc.runtime.prediction.prediction import Prediction, Predictor
from bnnc.runtime.prediction.regression_prediction import NumberPrediction, NumberPredictor

AnyPrediction = Prediction | LabelSetPrediction | NumberPrediction
ClassPredictor = Predictor | EnsemblePredictor
AnyPredictor = ClassPredictor | LabelSetPredictor | NumberPredictor


def predictor_of(model: BayesianModel) -> AnyPredictor:
    """The predictor of the model's output distribution."""
    if isinstance(model.objective.output, ClassOutput):
        return Predictor(model)
    return _predictor_over(WeightDraws(model))


def ensemble_predictor_of(models: Sequence[BayesianModel]) -> AnyPredictor:
    """The predictor of several models with the same output distribution."""
    if isinstance(models[0].objective.output, ClassOutput):
        return EnsemblePredictor([Predictor(model) for model in models])
    return _predictor_over(EnsembleDraws([WeightDraws(model) for model in models]))


def _predictor_over(draws: Draws) -> NumberPredictor | LabelSetPredictor:
    if isinstance(draws.output, NumberOutput):
        return NumberPredictor(draws)
    return LabelSetPredictor(draws)


def evaluate(
    predictor: AnyPredictor,
    images: npt.NDArray[np.generic],
    labels: npt.NDArray[Any],
    samples: int,
    seed: int | None,
) -> dict[str, float]:
    """Metrics of a prediction against labels: class indices, or as the spec encodes others."""
    if not isinstance(predictor, ClassPredictor):
        return predictor.evaluate(images, labels, samples, seed)
    prediction = predictor.predict(images, samples, seed)
    output = predictor.output
    if output.labels == "soft":
        rows = tf.constant(np.asarray(labels, np.float32))
        log_probs = [
            mixture_log_prob(output, parameters, rows[part]).numpy()
            for part, parameters in predictor.parameters(images, samples, seed)
        ]
        metrics = classification_metrics(prediction, np.argmax(labels, axis=-1).astype(np.int32))
        # Of the shares themselves, not of the largest one.
        return {**metrics, "nll": -float(np.mean(np.concatenate(log_probs), dtype=np.float64))}
    metrics = classification_metrics(prediction, labels)
    if output.distribution_name == "ordered_logistic":
        metrics["rank_mae"] = float(np.mean(np.abs(prediction.label - labels)))
    return metrics
