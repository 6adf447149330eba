"""Predictions whose kind a test knows, for the type checker and for the test."""

from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.prediction.predictors import AnyPrediction
from bnnc.runtime.prediction.regression_prediction import NumberPrediction


def of_classes(prediction: AnyPrediction) -> Prediction:
    assert isinstance(prediction, Prediction)
    return prediction


def of_label_sets(prediction: AnyPrediction) -> LabelSetPrediction:
    assert isinstance(prediction, LabelSetPrediction)
    return prediction


def of_numbers(prediction: AnyPrediction) -> NumberPrediction:
    assert isinstance(prediction, NumberPrediction)
    return prediction
