"""The `training` section: optimizer, batches, epochs, draws, early stopping, seed, precision."""

from typing import Annotated, Literal

from pydantic import Field

from bnnc.specs.optimizers import Optimizer
from bnnc.specs.optimizers.adam import Adam
from bnnc.specs.section import NonNegative, Positive, Section

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Draws = Annotated[int, Field(ge=1, le=10_000)]
RelativeScale = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Epochs = Annotated[int, Field(ge=0, le=1_000_000)]


class EarlyStopping(Section):
    """When a training ends before its epochs are over (keras.callbacks.EarlyStopping).

    What is watched is `val_nll`, the mean loss of the validation rows without the KL.
    """

    patience: Epochs = Field(
        description="Epochs without a lower validation loss after which the training ends."
    )
    min_delta: NonNegative = Field(
        default=0.0,
        description="Smallest decrease of the validation loss that counts as an improvement, in "
        "nats.",
    )
    start_from_epoch: Epochs = Field(
        default=0,
        description="Epochs at the beginning in which the validation loss is not watched.",
    )
    restore_best_weights: bool = Field(
        default=False,
        description="Whether the training ends with the weights of its best epoch.",
    )


class InitializeFrom(Section):
    """A trained run whose weights this training begins with, layer by layer."""

    run: str = Field(
        min_length=1,
        max_length=4096,
        description=(
            "Folder of the run, relative to the file that says it. Each of its layers has a layer of "
            "the same name here, and the same weights; a posterior takes them as its means."
        ),
    )
    relative_scale: RelativeScale | None = Field(
        default=None,
        description=(
            "Standard deviation of every weight with a posterior, as a share of its mean's size "
            "(MOPED); null for that of `bayesian.posterior`."
        ),
    )
    per_member: bool = Field(
        default=False,
        description=(
            "Whether the run is an ensemble with as many members, and each member begins with the "
            "weights of its own."
        ),
    )


class Training(Section):
    """How the model is trained."""

    optimizer: Optimizer = Field(
        default=Adam(type="adam"), description="Keras optimizer, by name and arguments."
    )
    posterior_scale_learning_rate_multiplier: Positive = Field(
        default=1.0,
        description=(
            "Factor of the learning rate for the posterior's standard deviations, which often "
            "need larger steps than the means."
        ),
    )
    batch_size: int = Field(default=32, ge=1, le=1_000_000, description="Rows of one batch.")
    epochs: int = Field(default=10, ge=1, le=1_000_000, description="Passes over the data.")
    initialize_from: InitializeFrom | None = Field(
        default=None,
        description="A run that the first weights are taken from; null for random weights.",
    )
    samples: Draws = Field(
        default=1, description="Weight draws that the loss of a batch is averaged over."
    )
    early_stopping: EarlyStopping | None = Field(
        default=None, description="When the training ends early; null for never."
    )
    checkpoint_minutes: NonNegative = Field(
        default=10.0,
        description=(
            "Minutes after which a run is saved within an epoch; it is saved after every epoch too."
        ),
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        description="Seed of the initial weights, the noise, and the order of the data.",
    )
    precision: Precision = Field(
        default="float32", description="Keras dtype policy of the layers; variables stay float32."
    )
