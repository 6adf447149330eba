"""The `loss` section: what is minimised."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from bnnc.specs.section import TEXT_OR_OTHER, NonNegative, Positive, Section

LossType = Literal[
    "negative_log_likelihood",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
]
# The losses that Keras can smooth the labels of.
SMOOTHING: frozenset[LossType] = frozenset({"categorical_crossentropy", "binary_crossentropy"})
KLWeight = Annotated[
    Annotated[Literal["per_example"], Tag("text")] | Annotated[NonNegative, Tag("other")],
    TEXT_OR_OTHER,
]


class KL(Section):
    """How the KL term of the variational methods is weighted."""

    weight: KLWeight = Field(
        default="per_example",
        description=(
            "What the KL, summed over all weights, is multiplied by beside the mean loss of a "
            "batch. `per_example` is 1 / rows trained on, which makes the objective the ELBO."
        ),
    )
    warmup_epochs: NonNegative = Field(
        default=0,
        description="Epochs over which the weight rises linearly from 0 to its value.",
    )
    temperature: Positive = Field(
        default=1.0, description="Multiplies the weight; below 1 is a cold posterior."
    )


class Loss(Section):
    """The loss of one example, and the weight of the KL term."""

    type: LossType = Field(
        default="negative_log_likelihood",
        description="Loss of one example: the log-likelihood of the output, or Keras's own name.",
    )
    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description=(
            "Share of a label that is spread evenly over all classes before the loss, as in Keras; "
            "of `categorical_crossentropy` and `binary_crossentropy`. Metrics take the labels as "
            "they are."
        ),
    )
    kl: KL = Field(default=KL(), description="How the KL term is weighted.")
