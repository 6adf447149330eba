"""Facts about a named source that is not loaded."""

from collections.abc import Callable
from dataclasses import dataclass

from bnnc.runtime.data.dataset import Dataset, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.specs.sources import SourceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource(SourceFacts):
    """A source that has a name: the facts of `bnnc.specs.sources`, and how it is loaded."""

    load: Callable[[], Dataset]
    class_names: tuple[str, ...]


def refuse_unlike_known(dataset: Dataset, known: KnownSource) -> None:
    """Raise DataError when files found under a known name hold something else."""
    classes = known.classes
    assert classes is not None
    expected = (
        f"{known.rows_train:,} and {known.rows_test:,} images of {size_text(known.shape)}, "
        f"labels 0..{classes - 1}"
    )
    parts = ((dataset.train, known.rows_train), (dataset.test, known.rows_test))
    for split, rows in parts:
        received = "no test images"
        if split is not None:
            low, high = split.labels.min(), split.labels.max()
            if split.images.shape == (rows, *known.shape) and low >= 0 and high < classes:
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
