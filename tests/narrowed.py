"""Predictions whose kind a test knows, for the type checker and for the test."""

from bnnc.runtime.label_set_prediction import LabelSetPrediction
from bnnc.runtime.number_prediction import NumberPrediction
from bnnc.runtime.prediction import Prediction
from bnnc.runtime.predictors import AnyPrediction


def of_classes(prediction: AnyPrediction) -> Prediction:
    assert isinstance(prediction, Prediction)
    return prediction


def of_label_sets(prediction: AnyPrediction) -> LabelSetPrediction:
    assert isinstance(prediction, LabelSetPrediction)
    return prediction


def of_numbers(prediction: AnyPrediction) -> NumberPrediction:
    assert isinstance(prediction, NumberPrediction)
    return prediction
