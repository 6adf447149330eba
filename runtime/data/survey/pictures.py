"""Choose rows to show: some of each class, odd images, and rows with the same pixels."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.survey.class_indices import ClassIndices
from bnnc.runtime.data.survey.stored import Stored, one_image
from bnnc.specs.survey import Picture, Place, Survey

_SEED: Final = 0
# A sheet of more classes is no longer looked at.
_MOST_CLASSES: Final = 100
ODD: Final = "look odd"
SAME: Final = "same pixels"


def pictures_of(
    stored: Stored,
    survey: Survey,
    labels: Mapping[str, ClassIndices | None],
    readable: npt.NDArray[np.bool_],
    count: int,
) -> Survey:
    """The survey with pictures: up to `count` training rows of each class, and twice as many of the others.

    The choice follows from the labels alone: the same data gives the same rows.
    """
    rows = [
        *_of_classes(stored, survey, labels["train"], readable, count),
        *((ODD, one.place, one.kind) for one in islice(survey.odd, 2 * count)),
        *islice(_same(survey), 2 * count),
    ]
    return replace(
        survey,
        pictures=tuple(
            Picture(heading, place, note, one_image(stored, place.stored, place.row))
            for heading, place, note in rows
        ),
    )


def _of_classes(
    stored: Stored,
    survey: Survey,
    classes: ClassIndices | None,
    readable: npt.NDArray[np.bool_],
    count: int,
) -> Iterator[tuple[str, Place, str]]:
    random = np.random.default_rng(_SEED)
    trained = readable & (stored.parts["train"].used_in == 0)
    if classes is None:
        rows = np.flatnonzero(trained)
        chosen = np.sort(random.permutation(rows)[: 4 * count])
        yield from (("train", stored.place("train", int(row), None), "") for row in chosen)
        return
    present = np.unique(classes.indices[trained & ~classes.outside])
    for index in present[:_MOST_CLASSES]:
        rows = np.flatnonzero(trained & (classes.indices == index))
        for row in np.sort(random.permutation(rows)[:count]):
            place = stored.place("train", int(row), int(index))
            yield survey.class_name(int(index)), place, ""


def _same(survey: Survey) -> Iterator[tuple[str, Place, str]]:
    """The first two rows of each group; of rows in two parts or of two classes first."""

    def likeness(group: tuple[Place, ...]) -> int:
        return min(len({place.part for place in group}), len({place.label for place in group}) + 1)

    for number, group in enumerate(sorted(survey.duplicates, key=likeness, reverse=True), start=1):
        for place in (
            group[0],
            next((one for one in group if one.part != group[0].part), group[1]),
        ):
            yield SAME, place, f"{number}: {place.part}"
