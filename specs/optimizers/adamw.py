"""AdamW: Adam with decoupled weight decay."""

from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.optimizers.adaptive import AmsGrad
from bnnc.specs.section import NonNegative


class AdamW(AmsGrad):
    """Adam with decoupled weight decay (keras.optimizers.AdamW)."""

    type: Literal["adamw"]
    # The decay is what AdamW is chosen for: the default is written out too.
    said_always: ClassVar[frozenset[str]] = frozenset({"learning_rate", "weight_decay"})
    weight_decay: NonNegative = Field(default=0.004, description="Decay of the weights a step.")
