"""The fully connected layer: dense."""

from typing import Literal

from pydantic import Field

from bnnc.specs.activations import ActivationName
from bnnc.specs.constraints import KERNEL_CONSTRAINT, Constraint
from bnnc.specs.layers.layer import (
    ACTIVATION,
    USE_BIAS,
    BayesianLayer,
    ShapeError,
    with_bias,
)
from bnnc.specs.section import Size
from bnnc.specs.shapes import Shape


class Dense(BayesianLayer):
    """Fully connected layer (keras.layers.Dense); its input must be flat."""

    type: Literal["dense"]
    units: Size = Field(description="Number of outputs.")
    activation: ActivationName = ACTIVATION
    use_bias: bool = USE_BIAS
    kernel_constraint: Constraint | None = KERNEL_CONSTRAINT

    keras_class = "keras.layers.Dense"
    variational_class = "bnnc.runtime.VariationalDense"
    kernel_initializers = ("kernel_initializer",)
    is_linear = True
    later_fields = frozenset({"kernel_constraint"})

    def output_shape(self, shape: Shape) -> Shape:
        """[features] -> [units]."""
        if len(shape) != 1:
            raise ShapeError("needs-a-row")
        return (self.units,)

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [features, units] and bias [units]."""
        return with_bias({"kernel": (shape[-1], self.units)}, self.use_bias, self.units)

    def multiply_adds(self, shape: Shape) -> int:
        """Every kernel weight is used once."""
        return shape[-1] * self.units

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return {
            "units": self.units,
            **self.non_default("activation", "use_bias", "kernel_constraint"),
        }

    @property
    def final_activation(self) -> str:
        """The layer's own."""
        return self.activation
