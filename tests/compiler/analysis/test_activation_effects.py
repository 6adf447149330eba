"""What is said of an activation follows from its range alone."""

import pytest

from bnnc.compiler.analysis.activation_effects import effect, exponential_of
from bnnc.specs.activations import ACTIVATIONS, Range


@pytest.mark.parametrize(
    ("activation", "said"),
    [
        ("relu", "cuts off every negative logit, and its gradient"),
        ("relu6", "keeps every logit within [0, 6]"),
        ("tanh", "keeps every logit within [-1, 1]"),
        ("elu", "makes every logit greater than -1"),
        ("gelu", "makes every logit at least -0.17"),
        ("softplus", "makes every logit positive"),
        ("sparse_plus", "makes every logit positive or 0"),
        ("log_sigmoid", "makes every logit negative"),
        ("softmax", "makes the logits sum to 1"),
        ("leaky_relu", "distorts the logits"),
    ],
)
def test_the_effect_of_an_activation_follows_from_its_range(activation: str, said: str) -> None:
    assert effect(ACTIVATIONS[activation], "logit") == said


@pytest.mark.parametrize(
    ("activation", "said"),
    [
        ("tanh", "keeps every rate within [0.37, 2.72]"),
        ("relu6", "keeps every rate within [1, 403]"),
        ("relu", "makes every rate at least 1"),
        ("squareplus", "makes every rate greater than 1"),
        ("log_sigmoid", "makes every rate less than 1"),
        ("tanh_shrink", "distorts the rates"),
    ],
)
def test_the_effect_on_a_logarithm_is_said_of_its_exponential(activation: str, said: str) -> None:
    assert effect(exponential_of(ACTIVATIONS[activation]), "rate", lowest=0) == said


def test_a_new_activation_needs_no_words_of_its_own() -> None:
    assert effect(Range(least=-2, greatest=3), "logit") == "keeps every logit within [-2, 3]"
    assert effect(Range(greatest=3), "logit") == "makes every logit less than 3"
