"""Corruptions of images in five severities, in the value range of a spec.

They are in the manner of Hendrycks and Dietterich 2019, arXiv:1903.12261, with severities of our own
that are relative to the size and the value range of the images, so that they suit any.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

SEVERITIES: Final = (1, 2, 3, 4, 5)
Array: TypeAlias = npt.NDArray[np.float64]
Generator: TypeAlias = np.random.Generator
# One image [..., channels] in [0, 1], the strength of the severity, its own random numbers.
Function: TypeAlias = Callable[[Array, float, Generator], Array]


@dataclass(frozen=True, slots=True)
class Corruption:
    """A corruption.

    Attributes:
        name: as users write it.
        strengths: one for each severity.
        function: corrupts one image.
        meaning: what the strengths are.
    """

    name: str
    strengths: tuple[float, float, float, float, float]
    function: Function
    meaning: str


def _gaussian_noise(image: Array, strength: float, generator: Generator) -> Array:
    return image + strength * generator.standard_normal(image.shape)


def _blur(image: Array, strength: float, generator: Generator) -> Array:
    del generator
    spatial = image.shape[:-1]
    # One pixel is as far in every direction.
    sigmas = (*(strength * min(spatial) for _ in spatial), 0.0)
    return np.asarray(ndimage.gaussian_filter(image, sigmas, mode="nearest"))


def _contrast(image: Array, strength: float, generator: Generator) -> Array:
    del generator
    mean = image.mean()
    return np.asarray(mean + strength * (image - mean))


def _brightness(image: Array, strength: float, generator: Generator) -> Array:
    del generator
    return image + strength


def _rotation(image: Array, strength: float, generator: Generator) -> Array:
    angle = strength * generator.choice((-1, 1))
    plane = (image.ndim - 3, image.ndim - 2)
    turned = ndimage.rotate(image, angle, axes=plane, reshape=False, order=1, mode="nearest")
    return np.asarray(turned)


def _translation(image: Array, strength: float, generator: Generator) -> Array:
    offsets = [strength * size * generator.choice((-1, 1)) for size in image.shape[:-1]]
    return np.asarray(ndimage.shift(image, (*offsets, 0.0), order=1, mode="nearest"))


def _jpeg(image: Array, strength: float, generator: Generator) -> Array:
    del generator
    pixels = np.rint(255 * image).astype(np.uint8)
    if image.shape[-1] == 3:
        return _compressed(pixels, strength)
    channels = [_compressed(pixels[..., one], strength) for one in range(image.shape[-1])]
    return np.stack(channels, axis=-1)


def _compressed(pixels: npt.NDArray[np.uint8], quality: float) -> Array:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "jpeg", quality=int(quality))
    file.seek(0)
    with Image.open(file) as opened:
        return np.asarray(opened, np.float64) / 255


def _occlusion(image: Array, strength: float, generator: Generator) -> Array:
    spatial = image.shape[:-1]
    share = strength ** (1 / len(spatial))
    place = []
    for size in spatial:
        length = max(round(share * size), 1)
        start = int(generator.integers(0, size - length + 1))
        place.append(slice(start, start + length))
    covered = image.copy()
    covered[tuple(place)] = 0.5
    return covered


CORRUPTIONS: Final[Mapping[str, Corruption]] = MappingProxyType(
    {
        name: Corruption(name, strengths, function, meaning)
        for name, strengths, function, meaning in (
            (
                *("gaussian_noise", (0.05, 0.1, 0.15, 0.2, 0.3), _gaussian_noise),
                "standard deviation, in the width of the value range",
            ),
            (
                *("blur", (0.02, 0.03, 0.045, 0.06, 0.08), _blur),
                "standard deviation of a Gaussian, in the smallest side",
            ),
            (
                *("contrast", (0.75, 0.5, 0.35, 0.2, 0.1), _contrast),
                "share of the contrast that is left",
            ),
            (
                *("brightness", (0.1, 0.2, 0.3, 0.4, 0.5), _brightness),
                "added to every pixel, in the width of the value range",
            ),
            (
                *("rotation", (10.0, 20.0, 30.0, 45.0, 60.0), _rotation),
                "degrees, to a random side",
            ),
            (
                *("translation", (0.04, 0.08, 0.12, 0.18, 0.25), _translation),
                "along each axis, to a random side, in the image's size",
            ),
            (
                *("jpeg", (40.0, 25.0, 15.0, 10.0, 5.0), _jpeg),
                "quality",
            ),
            (
                *("occlusion", (0.05, 0.1, 0.2, 0.3, 0.4), _occlusion),
                "share of the image under a gray box at a random place",
            ),
        )
    }
)


class CorruptedImages:
    """Images that are corrupted as they are read, so that no copy of all of them is held.

    An image is corrupted by random numbers of its own row, whatever part it is read in; they are
    the same in every severity.

    Args:
        images: raw values. Shape [images, ..., channels].
        corruption: what is done to them.
        severity: 1 to 5.
        value_range: lowest and highest value of a pixel. The results are in it.
        seed: seed of the random numbers.
    """

    def __init__(
        self,
        images: npt.NDArray[Any],
        corruption: Corruption,
        severity: int,
        value_range: tuple[float, float],
        seed: int = 0,
    ) -> None:
        self._images = images
        self._corruption = corruption
        self._strength = corruption.strengths[severity - 1]
        self._low, self._width = value_range[0], value_range[1] - value_range[0]
        self._seed = seed
        self.shape = images.shape

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, part: slice) -> npt.NDArray[np.float32]:
        """Some of the images, corrupted: float32."""
        first = part.indices(len(self))[0]
        raw = self._images[part]
        unit = np.clip((raw.astype(np.float64) - self._low) / self._width, 0, 1)
        for number, image in enumerate(unit):
            generator = np.random.default_rng((self._seed, first + number))
            changed = self._corruption.function(image, self._strength, generator)
            unit[number] = np.clip(changed, 0, 1)
        return np.asarray(self._low + self._width * unit, np.float32)
