"""Order classes: numbers by value, other names as text."""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import DataError
from bnnc.specs.class_names import listed, number_of


class ClassesDifferError(DataError):
    """Classes that are listed, and are not those of the data: `names` are the data's own."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = tuple(names)


def in_order(names: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Sort class names: by value if all of them are numbers, otherwise as text.

    Raises: DataError if two of the numbers are equal.
    """
    numbers = {name: number for name in names if (number := number_of(name)) is not None}
    if len(numbers) < len(names):
        return tuple(sorted(names))
    ordered = sorted(names, key=lambda name: (numbers[name], name))
    for one, other in pairwise(ordered):
        if numbers[one] == numbers[other]:
            raise DataError(
                f"{where}: the class names {one} and {other} are the same number. Expected each "
                "number once. Merge the two classes, or list all classes in their order as "
                "`data.classes`."
            )
    return tuple(ordered)


def as_listed(names: Sequence[str], classes: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Put class names into the order of `classes`, which must list exactly these names.

    Raises: ClassesDifferError naming what is missing on either side.
    """
    unlisted = [name for name in names if name not in set(classes)]
    unknown = [name for name in classes if name not in set(names)]
    if not unlisted and not unknown:
        return tuple(classes)
    sentences, strange = [], []
    for name in unknown:
        meant = _nearest(name, unlisted)
        if meant is None:
            strange.append(f"`{name}`")
            continue
        unlisted.remove(meant)
        sentences.append(f"There is no class `{name}`; did you mean `{meant}`?")
    if strange:
        sentences.append(f"There is no class {listed(strange)}.")
    if unlisted:
        sentences.append(
            f"`data.classes` does not list {listed([f'`{one}`' for one in unlisted])}."
        )
    raise ClassesDifferError(
        f"{where}: `data.classes` and the classes of the data differ. {' '.join(sentences)} "
        f"Expected each class of the data once; the data has {listed(sorted(names))}.",
        names,
    )


def with_class_names(dataset: Dataset, classes: Sequence[str]) -> Dataset:
    """A data set whose classes have an order of their own, under other names.

    Raises: ClassesDifferError for another number of classes, and for its own names in another
        order, which would call its classes by each other's names.
    """
    own = dataset.class_names
    if own is None or tuple(classes) == own:
        return replace(dataset, class_names=tuple(classes))
    if len(classes) != len(own):
        raise ClassesDifferError(
            f"{dataset.name}: `data.classes` lists {len(classes)} classes, and the data has "
            f"{len(own)}: {listed(own)}. Delete `classes`, or name each class.",
            own,
        )
    for index, name in enumerate(classes):
        if name in own and own[index] != name:
            raise ClassesDifferError(
                f"{dataset.name}: class {index} is `{own[index]}`, and `data.classes` names it "
                f"`{name}`. Expected the order of the data: {listed(own)}. Write `data.classes` in "
                "this order, or delete it.",
                own,
            )
    return replace(dataset, class_names=tuple(classes))


def own_or_listed(
    own: Sequence[str] | None, classes: Sequence[str] | None, *, where: str | Path
) -> tuple[str, ...] | None:
    """The names that data has for its class indices, or those that the spec lists for them.

    Raises: as `with_class_names`.
    """
    if own is None or classes is None:
        names = own if classes is None else classes
        return None if names is None else tuple(names)
    nothing = np.zeros(0)
    dataset = Dataset(str(where), Split(nothing, nothing), None, tuple(own), "")
    return with_class_names(dataset, classes).class_names


def _nearest(name: str, names: Sequence[str]) -> str | None:
    """The name that was meant by a misspelt one, whatever its letters' case."""
    folded = {one.casefold(): one for one in reversed(names)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None
