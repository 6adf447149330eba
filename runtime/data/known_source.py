"""What is known of a named source without loading it."""

from collections.abc import Callable
from dataclasses import dataclass

from bnnc.runtime.data.dataset import Dataset, size_text
from bnnc.runtime.data.errors import DataError


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source that has a name: how it is loaded, and what loading will give.

    `shape` is (height, width, channels); `value_range` is what a pixel can be.
    """

    name: str
    load: Callable[[], Dataset]
    rows_train: int
    rows_test: int
    shape: tuple[int, int, int]
    classes: int
    class_names: tuple[str, ...]
    value_range: tuple[float, float]


def refuse_unlike_known(dataset: Dataset, known: KnownSource) -> None:
    """Raise DataError when files found under a known name hold something else."""
    expected = (
        f"{known.rows_train:,} and {known.rows_test:,} images of {size_text(known.shape)}, "
        f"labels 0..{known.classes - 1}"
    )
    parts = ((dataset.train, known.rows_train), (dataset.test, known.rows_test))
    for split, rows in parts:
        received = "no test images"
        if split is not None:
            low, high = split.labels.min(), split.labels.max()
            if split.images.shape == (rows, *known.shape) and low >= 0 and high < known.classes:
                continue
            received = (
                f"{len(split.images):,} images of {size_text(split.images.shape[1:])}, "
                f"labels {low}..{high}"
            )
        raise DataError(
            f"{dataset.origin}: not what is known as {known.name}. Expected {expected}. "
            f"Received: {received}. Put the whole of {known.name} there, or give the path "
            "instead of the name to use what is there."
        )
