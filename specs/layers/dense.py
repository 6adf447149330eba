"""The fully connected layer: dense."""

from typing import Literal

from pydantic import Field

from bnnc.specs.layers.layer import (
    ACTIVATION,
    USE_BIAS,
    ActivationName,
    BayesianLayer,
    Shape,
    ShapeError,
    with_bias,
)
from bnnc.specs.section import Size


class Dense(BayesianLayer):
    """Fully connected layer (keras.layers.Dense); its input must be flat."""

    type: Literal["dense"]
    units: Size = Field(description="Number of outputs.")
    activation: ActivationName = ACTIVATION
    use_bias: bool = USE_BIAS

    keras_class = "keras.layers.Dense"
    variational_class = "bnnc.runtime.VariationalDense"

    def output_shape(self, shape: Shape) -> Shape:
        """[features] -> [units]."""
        if len(shape) != 1:
            raise ShapeError("needs-a-row")
        return (self.units,)

    def weights(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [features, units] and bias [units]."""
        return with_bias({"kernel": (shape[-1], self.units)}, self.use_bias, self.units)

    def multiply_adds(self, shape: Shape) -> int:
        """Every kernel weight is used once."""
        return shape[-1] * self.units

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given: dict[str, object] = {"units": self.units}
        if self.activation != "linear":
            given["activation"] = self.activation
        if not self.use_bias:
            given["use_bias"] = False
        return given

    @property
    def final_activation(self) -> str:
        """The layer's own."""
        return self.activation
