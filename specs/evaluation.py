"""The `evaluation` section: what is measured on images other than the test images."""

from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field, Tag

from bnnc.specs.section import ONE_OR_MANY, Section

CorruptionName = Literal[
    "gaussian_noise",
    "blur",
    "contrast",
    "brightness",
    "rotation",
    "translation",
    "jpeg",
    "occlusion",
]
_AllOrOne = Literal["all", CorruptionName]

Corruptions = Annotated[
    Annotated[_AllOrOne, Tag("one")]
    | Annotated[list[CorruptionName], Field(min_length=1, max_length=8), Tag("many")],
    ONE_OR_MANY,
]

# Axes beside the channels that the images have; all other corruptions take any.
_AXES: Final = MappingProxyType({"rotation": (2, 3), "jpeg": (2,)})


def is_suited(corruption: str, shape: tuple[int, ...]) -> bool:
    """Whether images of a shape, channels last, can be corrupted in this way."""
    return len(shape) - 1 in _AXES.get(corruption, (1, 2, 3))


def names_of(shift: str | list[CorruptionName] | None) -> tuple[str, ...]:
    """The corruptions that are named; of `all`, none is."""
    if shift is None or shift == "all":
        return ()
    return (shift,) if isinstance(shift, str) else tuple(shift)


class Evaluation(Section):
    """What `bnnc evaluate` measures beside the figures on the test images."""

    ood: list[Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        default=[],
        max_length=100,
        description=(
            "Images of another kind, to be told from the test images by the uncertainty of the "
            "prediction: named sources, or paths that are relative to this file."
        ),
    )
    shift: Corruptions | None = Field(
        default=None,
        description=(
            "Corruptions of the test images to evaluate too, in five severities each; `all` are "
            "those that suit the images, null is none."
        ),
    )
    bootstrap: int = Field(
        default=1000,
        ge=2,
        le=1_000_000,
        description="Bootstrap resamples of the rows, for the standard error of each figure.",
    )
