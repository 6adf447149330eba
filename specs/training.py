"""The `training` section: optimizer, batches, epochs, seed and precision."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from bnnc.specs.section import NonNegative, Positive, Section


class CosineDecay(Section):
    """From a first learning rate to `alpha` times it over the whole training, as a half cosine."""

    type: Literal["cosine_decay"]
    initial_learning_rate: Positive = Field(description="Learning rate of the first step.")
    alpha: float = Field(
        default=0.0, ge=0, le=1, description="Share of the first rate that the last step has."
    )


def _number_or_schedule(value: Any) -> str:
    return "schedule" if isinstance(value, dict | CosineDecay) else "number"


LearningRate = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[CosineDecay, Tag("schedule")],
    Discriminator(_number_or_schedule),
]
# A decay of 1 would never forget its start.
Moment = Annotated[float, Field(ge=0, lt=1)]


class Adam(Section):
    """Adam (keras.optimizers.Adam)."""

    type: Literal["adam"]
    learning_rate: LearningRate = Field(
        default=0.001, description="A number, or a schedule (`type: cosine_decay`)."
    )
    beta_1: Moment = Field(default=0.9, description="Decay of the first moment.")
    beta_2: Moment = Field(default=0.999, description="Decay of the second moment.")
    epsilon: Positive = Field(default=1e-7, description="Added to the root of the second moment.")


class AdamW(Section):
    """Adam with decoupled weight decay (keras.optimizers.AdamW)."""

    type: Literal["adamw"]
    learning_rate: LearningRate = Field(
        default=0.001, description="A number, or a schedule (`type: cosine_decay`)."
    )
    weight_decay: NonNegative = Field(default=0.004, description="Decay of the weights a step.")
    beta_1: Moment = Field(default=0.9, description="Decay of the first moment.")
    beta_2: Moment = Field(default=0.999, description="Decay of the second moment.")
    epsilon: Positive = Field(default=1e-7, description="Added to the root of the second moment.")


class SGD(Section):
    """Stochastic gradient descent (keras.optimizers.SGD)."""

    type: Literal["sgd"]
    learning_rate: LearningRate = Field(
        default=0.01, description="A number, or a schedule (`type: cosine_decay`)."
    )
    momentum: Moment = Field(default=0.0, description="Momentum, in [0, 1).")
    nesterov: bool = Field(default=False, description="Whether the momentum is Nesterov's.")


Optimizer = Annotated[Adam | AdamW | SGD, Field(discriminator="type")]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]


class Training(Section):
    """How the model is trained."""

    optimizer: Optimizer = Field(
        default=Adam(type="adam"), description="Keras optimizer, by name and arguments."
    )
    batch_size: int = Field(default=128, ge=1, le=1_000_000, description="Rows of one batch.")
    epochs: int = Field(default=10, ge=1, le=1_000_000, description="Passes over the data.")
    seed: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        description="Seed of the initial weights, the noise, and the order of the data.",
    )
    precision: Precision = Field(
        default="float32", description="Keras dtype policy of the layers; variables stay float32."
    )
