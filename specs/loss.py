"""The `loss` section."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from bnnc.specs.section import TEXT_OR_OTHER, NonNegative, Positive, Section

LossType = Literal[
    "negative_log_likelihood",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "mean_squared_error",
    "poisson",
]
# The losses that Keras can smooth the labels of.
SMOOTHING: frozenset[LossType] = frozenset({"categorical_crossentropy", "binary_crossentropy"})
KLWeight = Annotated[
    Annotated[Literal["per_example"], Tag("text")] | Annotated[NonNegative, Tag("other")],
    TEXT_OR_OTHER,
]
ClassWeight = Annotated[
    Annotated[Literal["balanced"], Tag("text")]
    | Annotated[list[Positive], Field(min_length=1, max_length=65_536), Tag("other")],
    TEXT_OR_OTHER,
]


class Cyclical(Section):
    """The weight rises from 0 again and again (Fu et al. 2019, arXiv:1903.10145)."""

    cycles: int = Field(
        default=4, ge=1, le=1_000_000, description="Cycles that the training is divided into."
    )
    proportion: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of a cycle in which the weight rises linearly; in the rest it has its "
        "full value.",
    )


class KL(Section):
    """How the KL term of the variational methods is weighted."""

    weight: KLWeight = Field(
        default="per_example",
        description=(
            "Factor of the KL of all weights, which is added to the mean loss of a batch. "
            "`per_example` is 1 / rows trained on, which makes the objective the ELBO."
        ),
    )
    warmup_epochs: NonNegative = Field(
        default=0,
        description="Epochs over which the weight rises linearly from 0 to its value.",
    )
    cyclical: Cyclical | None = Field(
        default=None, description="Cycles in which the weight rises, instead of one warm-up."
    )
    temperature: Positive = Field(
        default=1.0, description="Multiplies the weight; below 1 is a cold posterior."
    )
    estimator: Literal["auto", "closed_form"] = Field(
        default="auto",
        description=(
            "`closed_form` refuses priors whose KL training would have to estimate by Monte Carlo; "
            "`auto` takes the closed form where there is one."
        ),
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
    class_weight: ClassWeight | None = Field(
        default=None,
        description=(
            "One weight a class, which the loss of every image of that class is multiplied by, as "
            "in Keras; or `balanced`, as in scikit-learn: rows / (classes · rows of the class), "
            "counted over the training rows. Metrics count all images alike."
        ),
    )
    kl: KL = Field(default=KL(), description="How the KL term is weighted.")
