"""Choose the predictor of a model or an ensemble."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.prediction.draws import Draws, WeightDraws
from bnnc.runtime.prediction.ensemble_prediction import EnsembleDraws, EnsemblePredictor
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction, LabelSetPredictor
from bnnc.runtime.prediction.prediction import Observed, Prediction, Predictor
from bnnc.runtime.prediction.regression_prediction import NumberPrediction, NumberPredictor

AnyPrediction = Prediction | LabelSetPrediction | NumberPrediction
ClassPredictor = Predictor | EnsemblePredictor
AnyPredictor = ClassPredictor | LabelSetPredictor | NumberPredictor

# What is done to a prediction of all draws: its calibration. The kind of the prediction stays.
Finish = Callable[[AnyPrediction], AnyPrediction]
Kind = TypeVar("Kind", Prediction, LabelSetPrediction, NumberPrediction)


def unchanged(prediction: AnyPrediction) -> AnyPrediction:
    """The prediction as it is."""
    return prediction


def finished(prediction: Kind, finish: Finish) -> Kind:
    """The prediction after `finish`."""
    made = finish(prediction)
    assert isinstance(made, type(prediction))
    return made


def finished_observed(observed: Observed, finish: Finish) -> Observed:
    """What the draws say, with the finished prediction."""
    return replace(observed, prediction=finished(observed.prediction, finish))


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
