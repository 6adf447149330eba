"""Find images that are unlike the others of their part, by three numbers of each image.

The thresholds are such that nothing is found in `digits`, in `fashion-mnist`, and in 20,000 crops of
scikit-learn's two photographs. `benchmarks/odd_images.md` has what is found of planted images.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bnnc.specs.survey import OddKind

Numbers = npt.NDArray[np.float64]

# Fewer rows have no usual image.
FEWEST_ROWS: Final = 50
# Below half a step of 8 bits over the range of the values.
NEARLY_CONSTANT: Final = 1 / 512
# Distance from the median in robust standard deviations. The natural images above reach 3.3 in
# brightness, 2.7 in contrast, and 5.8 in the logarithm of a low contrast.
FAR: Final = 8.0
# How much better the inverted image fits than the image itself, as a difference of squared
# distances. The images above reach 4.3; of those that were inverted, 99.5 % in `fashion-mnist` and
# all in `digits` are above.
BETTER_INVERTED: Final = 12.0
_OF_CONTRAST: Final = frozenset({"nearly constant", "low contrast", "high contrast"})
# The quartiles of a normal distribution are this many standard deviations apart.
_QUARTILES: Final = 1.349
# The least spreads: of images that hardly differ, every difference would be far.
_LEAST_SPREAD: Final = 1 / 512  # of the range of the values
_LEAST_LOG_SPREAD: Final = 0.05
_LEAST_POLARITY_SPREAD: Final = 0.05


def polarity(images: npt.NDArray[np.generic], contrast: Numbers) -> Numbers:
    """How much brighter the border of each image is than its inside, in units of its contrast.

    Shapes: images [rows, height, width, channels], contrast [rows] -> [rows]. The border is an
    eighth of the shorter side wide. It is 0 for blank images, and for series and volumes.
    """
    if images.ndim != 4 or min(images.shape[1:3]) < 4:
        return np.zeros(len(images))
    width = max(round(min(images.shape[1:3]) / 8), 1)
    inner = images[:, width:-width, width:-width].reshape(len(images), -1)
    inside = inner.sum(axis=1, dtype=np.float64)
    size, inner_size = images[0].size, inner.shape[1]
    border = images.reshape(len(images), -1).sum(axis=1, dtype=np.float64) - inside
    difference = border / (size - inner_size) - inside / inner_size
    found: Numbers = np.divide(difference, contrast, out=np.zeros(len(images)), where=contrast > 0)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Three numbers of each image, [rows] each, in raw units; the last in units of contrast."""

    brightness: Numbers
    contrast: Numbers
    polarity: Numbers


def odd_images(
    looks: Looks, usual: Looks, values: tuple[float, float]
) -> Iterator[tuple[int, OddKind, float, float]]:
    """The rows that look odd: row, kind, its number, and the median of the usual images.

    Args:
        looks: of the images to judge.
        usual: of the images that they are compared with.
        values: the lowest and the highest value of all images.
    """
    low, high = values
    wide = max(high - low, np.finfo(np.float64).tiny)
    kinds: list[tuple[OddKind, npt.NDArray[np.bool_]]] = [
        ("blank", looks.contrast == 0),
        ("nearly constant", looks.contrast < NEARLY_CONSTANT * wide),
    ]
    if len(usual.brightness) >= FEWEST_ROWS:
        kinds += _unlike(looks, usual, low, high)
    found: dict[int, OddKind] = {}
    for kind, is_odd in kinds:
        for row in map(int, np.flatnonzero(is_odd)):
            found.setdefault(row, kind)
    for row, kind in sorted(found.items()):
        name = "contrast" if kind in _OF_CONTRAST else "brightness"
        median = float(np.median(getattr(usual, name))) if len(usual.brightness) else 0.0
        yield row, kind, float(getattr(looks, name)[row]), median


def _unlike(
    looks: Looks, usual: Looks, low: float, high: float
) -> list[tuple[OddKind, npt.NDArray[np.bool_]]]:
    least = (high - low) * _LEAST_SPREAD
    tiny = least * 1e-3

    def far(values: Numbers, others: Numbers, least: float) -> Numbers:
        first, median, last = np.percentile(others, (25, 50, 75))
        distances: Numbers = (values - median) / max((last - first) / _QUARTILES, least)
        return distances

    def logs(values: Numbers) -> Numbers:
        logarithms: Numbers = np.log(np.maximum(values, tiny))
        return logarithms

    bright = far(looks.brightness, usual.brightness, least)
    turned = far(low + high - looks.brightness, usual.brightness, least)
    border = far(looks.polarity, usual.polarity, _LEAST_POLARITY_SPREAD)
    turned_border = far(-looks.polarity, usual.polarity, _LEAST_POLARITY_SPREAD)
    as_it_is, as_inverted = bright**2 + border**2, turned**2 + turned_border**2
    low_contrast = far(logs(looks.contrast), logs(usual.contrast), _LEAST_LOG_SPREAD)
    return [
        ("inverted", as_it_is - as_inverted > BETTER_INVERTED),
        ("dark", bright < -FAR),
        ("bright", bright > FAR),
        ("low contrast", low_contrast < -FAR),
        ("high contrast", far(looks.contrast, usual.contrast, least) > FAR),
    ]
