"""Evaluate a predictor against labels: the mixture, and each member of an ensemble."""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.evaluation.class_figures import evaluate_classes
from bnnc.runtime.evaluation.guarantee_figures import interval_figures, set_figures
from bnnc.runtime.evaluation.label_set_figures import evaluate_label_sets
from bnnc.runtime.evaluation.number_figures import evaluate_numbers
from bnnc.runtime.evaluation.out_of_distribution import Scores, class_scores, prediction_scores
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.prediction.draws import Draws, mixture_log_prob
from bnnc.runtime.prediction.ensemble_prediction import EnsemblePredictor, mixture_of
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPredictor
from bnnc.runtime.prediction.predictors import (
    AnyPrediction,
    AnyPredictor,
    ClassPredictor,
    Finish,
    finished,
    finished_observed,
    unchanged,
)
from bnnc.runtime.prediction.regression_prediction import NumberPredictor

Images = npt.NDArray[Any]
Labels = npt.NDArray[Any]


def evaluate(
    predictor: AnyPredictor,
    images: Images,
    labels: Labels,
    samples: int,
    seed: int | None,
    *,
    resamples: int,
    class_names: tuple[str, ...] | None = None,
    finish: Finish = unchanged,
) -> tuple[Evaluation, Scores, AnyPrediction]:
    """Figures of a prediction against labels.

    Args:
        predictor: of a model, or of an ensemble.
        images: raw values. Shape [images, ...].
        labels: class indices, or as the spec encodes others.
        samples: weight draws, of each member of an ensemble.
        seed: seed of the draws; the model's own if None.
        resamples: of the bootstrap; 0 for no standard errors.
        class_names: names of the classes by index, for the tables.
        finish: what is done to the prediction of the mixture.

    Returns: the evaluation, the scores of the images that other images can be told by, and the
        prediction.
    """
    if isinstance(predictor, NumberPredictor):
        numbers = predictor.score(images, labels, samples, seed)
        whole, *members = (
            evaluate_numbers(one, resamples=resamples, tables=place == 0)
            for place, one in enumerate(numbers)
        )
        whole.members = tuple(members)
        finished_numbers = finished(numbers[0].prediction, finish)
        whole.add(interval_figures(finished_numbers, numbers[0].labels, resamples=resamples))
        return whole, prediction_scores(finished_numbers), finished_numbers
    if isinstance(predictor, LabelSetPredictor):
        sets = predictor.score(images, labels, samples, seed)
        whole, *members = (
            evaluate_label_sets(prediction, labels, log_probs, resamples=resamples)
            for prediction, log_probs in sets
        )
        whole.members = tuple(members)
        return whole, prediction_scores(sets[0][0]), sets[0][0]
    return _evaluate_classes(
        predictor, images, labels, samples, seed, resamples, class_names, finish
    )


def _evaluate_classes(
    predictor: ClassPredictor,
    images: Images,
    labels: Labels,
    samples: int,
    seed: int | None,
    resamples: int,
    class_names: tuple[str, ...] | None,
    finish: Finish,
) -> tuple[Evaluation, Scores, AnyPrediction]:
    if isinstance(predictor, EnsemblePredictor):
        each = predictor.observe_each(images, samples, seed)
        everything = [mixture_of(each), *each]
        draws: list[Draws] = [predictor, *predictor.members]
    else:
        everything, draws = [predictor.observe(images, samples, seed)], [predictor]
    everything[0] = finished_observed(everything[0], finish)
    indices = class_indices(predictor, labels)
    made = []
    for place, (observed, drawn) in enumerate(zip(everything, draws, strict=True)):
        figures = evaluate_classes(
            observed,
            indices,
            resamples=resamples,
            log_probs=label_log_probs(drawn, images, labels, samples, seed),
            is_ordered=predictor.output.distribution_name == "ordered_logistic",
            tables=place == 0,
            class_names=class_names,
        )
        made.append(figures)
    made[0].members = tuple(made[1:])
    prediction = everything[0].prediction
    made[0].add(set_figures(prediction, indices, resamples=resamples))
    return made[0], class_scores(everything[0]), prediction


def class_indices(predictor: ClassPredictor, labels: Labels) -> npt.NDArray[np.int32]:
    """Labels as class indices: shares of the classes by the largest one. Shape [images]."""
    is_soft = predictor.output.labels == "soft"
    return np.asarray(np.argmax(labels, axis=-1) if is_soft else labels, np.int32)


def label_log_probs(
    draws: Draws, images: Images, labels: Labels, samples: int, seed: int | None
) -> npt.NDArray[np.floating] | None:
    """Log-density of each label under the mixture, in nats, where labels are shares of the classes.

    It is that of the shares themselves, not of the largest one. Shape [images]; None of other labels.
    """
    if draws.output.labels != "soft":
        return None
    rows = tf.constant(np.asarray(labels, np.float32))
    return np.concatenate(
        [
            mixture_log_prob(draws.output, parameters, rows[part]).numpy()
            for part, parameters in draws.parameters(images, samples, seed)
        ]
    )
