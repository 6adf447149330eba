"""Layers that enlarge an example: up_sampling and zero_padding, in 1 to 3 dimensions."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag

from bnnc.specs.layers.layer import LayerSection, positions_and_channels
from bnnc.specs.layers.windows import Sizes
from bnnc.specs.section import ONE_OR_MANY, Pair, Size, Triple, broadcast_size
from bnnc.specs.shapes import Shape

Added = Annotated[int, Field(ge=0, le=65_536)]
Sides = Annotated[
    Annotated[Added, Tag("one")] | Annotated[tuple[Added, Added], Tag("many")], ONE_OR_MANY
]
Padding2D = Annotated[
    Annotated[Added, Tag("one")] | Annotated[tuple[Sides, Sides], Tag("many")], ONE_OR_MANY
]
Padding3D = Annotated[
    Annotated[Added, Tag("one")] | Annotated[tuple[Sides, Sides, Sides], Tag("many")], ONE_OR_MANY
]


class UpSampling(LayerSection):
    """Base class of the up-sampling layers."""

    size: Sizes = 2

    dimensions: ClassVar[int]
    is_linear = True

    def output_shape(self, shape: Shape) -> Shape:
        """[*positions, channels] -> [*positions times size, channels]."""
        positions, channels = positions_and_channels(shape, self.dimensions)
        factors = broadcast_size(self.size, self.dimensions)
        return (*(one * by for one, by in zip(positions, factors, strict=True)), channels)

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments."""
        return {"size": self.size}


class UpSampling1D(UpSampling):
    """Repeats every step of a series (keras.layers.UpSampling1D)."""

    type: Literal["up_sampling1d"]
    size: Size = Field(default=2, description="How often every step is repeated.")

    dimensions = 1
    keras_class = "keras.layers.UpSampling1D"


class UpSampling2D(UpSampling):
    """Enlarges a map (keras.layers.UpSampling2D)."""

    type: Literal["up_sampling2d"]
    size: Pair = Field(default=2, description="Factor: a number, or [height, width].")
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = Field(
        default="nearest", description="How the numbers between the old positions are found."
    )

    dimensions = 2
    keras_class = "keras.layers.UpSampling2D"

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out but for the size."""
        return {**super().arguments(), **self.non_default("interpolation")}


class UpSampling3D(UpSampling):
    """Repeats the planes, rows and columns of a volume (keras.layers.UpSampling3D)."""

    type: Literal["up_sampling3d"]
    size: Triple = Field(default=2, description="Factor: a number, or [depth, height, width].")

    dimensions = 3
    keras_class = "keras.layers.UpSampling3D"


class ZeroPadding(LayerSection):
    """Base class of the zero padding layers."""

    padding: Any = 1

    dimensions: ClassVar[int]
    is_linear = True

    @property
    def sides(self) -> tuple[tuple[int, int], ...]:
        """How many zeros stand before and behind each dimension."""
        raise AssertionError("every padding says its sides")

    def output_shape(self, shape: Shape) -> Shape:
        """[*positions, channels] -> [*positions with the zeros, channels]."""
        positions, channels = positions_and_channels(shape, self.dimensions)
        return (
            *(size + sum(added) for size, added in zip(positions, self.sides, strict=True)),
            channels,
        )

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments."""
        return {"padding": self.padding}


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a series (keras.layers.ZeroPadding1D)."""

    type: Literal["zero_padding1d"]
    padding: Sides = Field(default=1, description="Steps of zeros: a number, or [before, after].")

    dimensions = 1
    keras_class = "keras.layers.ZeroPadding1D"

    @property
    def sides(self) -> tuple[tuple[int, int], ...]:
        """Before and behind."""
        return (_both(self.padding),)


class ZeroPadding2D(ZeroPadding):
    """Zeros around a map (keras.layers.ZeroPadding2D)."""

    type: Literal["zero_padding2d"]
    padding: Padding2D = Field(
        default=1,
        description="Zeros on each side: a number, [height, width], or [[top, bottom], [left, right]].",
    )

    dimensions = 2
    keras_class = "keras.layers.ZeroPadding2D"

    @property
    def sides(self) -> tuple[tuple[int, int], ...]:
        """Top and bottom, left and right."""
        return tuple(_both(one) for one in _each(self.padding, 2))


class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume (keras.layers.ZeroPadding3D)."""

    type: Literal["zero_padding3d"]
    padding: Padding3D = Field(
        default=1,
        description="Zeros on each side: a number, or one or two for depth, height and width.",
    )

    dimensions = 3
    keras_class = "keras.layers.ZeroPadding3D"

    @property
    def sides(self) -> tuple[tuple[int, int], ...]:
        """Of depth, of height, of width."""
        return tuple(_both(one) for one in _each(self.padding, 3))


def _both(padding: int | tuple[int, int]) -> tuple[int, int]:
    return padding if isinstance(padding, tuple) else (padding, padding)


def _each(padding: Any, dimensions: int) -> tuple[Any, ...]:
    return padding if isinstance(padding, tuple) else (padding,) * dimensions
