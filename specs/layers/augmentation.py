"""Random image layers for training: random_crop, random_flip, random_zoom and others."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag

from bnnc.specs.layers.layer import LayerSection, ShapeError, positions_and_channels
from bnnc.specs.section import ONE_OR_MANY, Finite, Size
from bnnc.specs.shapes import Shape

Share = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
# One number, or the lowest and the highest.
Factor = Annotated[
    Annotated[Share, Tag("one")] | Annotated[tuple[Share, Share], Tag("many")], ONE_OR_MANY
]
FractionRange = Annotated[
    Annotated[Fraction, Tag("one")] | Annotated[tuple[Fraction, Fraction], Tag("many")], ONE_OR_MANY
]

FILL_MODE: Any = Field(
    default="reflect", description="How pixels beyond the border are filled, as in Keras."
)
INTERPOLATION: Any = Field(
    default="bilinear", description="How the numbers between the old positions are found."
)
FILL_VALUE: Any = Field(
    default=0.0,
    description="Value of these pixels under `fill_mode: constant`, after the images are "
    "standardised.",
)
FillMode = Literal["constant", "reflect", "wrap", "nearest"]
Interpolation = Literal["nearest", "bilinear"]


class Augmentation(LayerSection):
    """Base class of the augmentations: they change images in training only."""

    # Whether the Keras layer is to be told the range of what it gets.
    takes_value_range: ClassVar[bool] = False
    # Positions and small factors have too few digits in half precision.
    half_precisions = frozenset()

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> the same."""
        positions_and_channels(shape, 2)
        return shape


class Moving(Augmentation):
    """Base class of the augmentations that move pixels."""

    fill_mode: FillMode = FILL_MODE
    interpolation: Interpolation = INTERPOLATION
    fill_value: Finite = FILL_VALUE


class RandomFlip(Augmentation):
    """Flips images at random, half of them (keras.layers.RandomFlip)."""

    type: Literal["random_flip"]
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = Field(
        default="horizontal_and_vertical",
        description="`horizontal` swaps left and right, `vertical` top and bottom.",
    )

    keras_class = "bnnc.runtime.RandomFlip"

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return self.non_default("mode")


class RandomCrop(Augmentation):
    """Cuts a window out of every image at random (keras.layers.RandomCrop).

    Each image has its own, and a prediction takes the middle one: Keras cuts all images of a batch
    at one place, and shrinks the largest window that it can for a prediction.
    """

    type: Literal["random_crop"]
    height: Size = Field(description="Height of the window.")
    width: Size = Field(description="Width of the window.")

    keras_class = "bnnc.runtime.RandomCrop"
    half_precisions = LayerSection.half_precisions  # pixels are copied, and none is computed

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [*window, channels]. Raises: ShapeError."""
        positions, channels = positions_and_channels(shape, 2)
        window = (self.height, self.width)
        for field, length, room in zip(("height", "width"), window, positions, strict=True):
            if length > room:
                raise ShapeError("crop-larger-than-input", field=field, window=window)
        return (*window, channels)

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments."""
        return {"height": self.height, "width": self.width}


class RandomTranslation(Moving):
    """Moves images at random (keras.layers.RandomTranslation)."""

    type: Literal["random_translation"]
    height_factor: Factor = Field(
        description="Most that an image moves down or up, as a share of its height; or [least, most]."
    )
    width_factor: Factor = Field(
        description="Most that an image moves right or left, as a share of its width; or [least, most]."
    )

    keras_class = "bnnc.runtime.RandomTranslation"

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        factors = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**factors, **self.non_default("fill_mode", "interpolation", "fill_value")}


class RandomRotation(Moving):
    """Turns images at random (keras.layers.RandomRotation)."""

    type: Literal["random_rotation"]
    factor: Factor = Field(
        description="Most that an image is turned either way, in whole turns: 0.1 is 36 degrees; "
        "or [least, most]."
    )

    keras_class = "bnnc.runtime.RandomRotation"

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return {
            "factor": self.factor,
            **self.non_default("fill_mode", "interpolation", "fill_value"),
        }


class RandomZoom(Moving):
    """Shows a part of images, or more than them, at random (keras.layers.RandomZoom)."""

    type: Literal["random_zoom"]
    height_factor: Factor = Field(
        description="Most that an image is zoomed out or in: 0.2 shows 20 % more or less of its "
        "height; or [least, most], negative to zoom in."
    )
    width_factor: Factor | None = Field(
        default=None, description="The same of the width; as the height by default."
    )

    keras_class = "bnnc.runtime.RandomZoom"

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given = self.non_default("width_factor", "fill_mode", "interpolation", "fill_value")
        return {"height_factor": self.height_factor, **given}


class RandomContrast(Augmentation):
    """Changes the contrast of images at random (keras.layers.RandomContrast)."""

    type: Literal["random_contrast"]
    factor: FractionRange = Field(
        description="[lower, upper]: the contrast is multiplied by 1 - lower to 1 + upper; one "
        "number is the upper one, and the contrast is never lowered."
    )

    keras_class = "bnnc.runtime.RandomContrast"
    takes_value_range = True

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments."""
        return {"factor": self.factor}


class RandomErasing(Augmentation):
    """Covers a rectangle of images at random (keras.layers.RandomErasing)."""

    type: Literal["random_erasing"]
    factor: FractionRange = Field(
        default=1.0,
        description="Highest probability that an image is covered, or [lowest, highest]: each "
        "draws its own from the lowest, 0 by default, to the highest.",
    )
    scale: FractionRange = Field(
        default=(0.02, 0.33),
        description="Least and greatest share of the image that the rectangle covers.",
    )
    fill_value: Finite | None = Field(
        default=None,
        description="Value of the pixels in the rectangle, after the images are standardised; "
        "noise by default.",
    )

    keras_class = "bnnc.runtime.RandomErasing"
    takes_value_range = True

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return self.non_default("factor", "scale", "fill_value")
