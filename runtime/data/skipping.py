"""Leave out images that cannot be read (`data.on_error: skip`).

Every image is decoded once before the training, so that the rows, and with them their order, are
known: they are the same in memory and streamed, in every epoch and after a resume. The parts of the
data are divided before, so that a damaged file moves no other row to another part.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.stored_images import StoredImages


def skip_unreadable(dataset: Dataset, *, keep: bool) -> Dataset:
    """The rows whose images can be read, with a note of how many others there are.

    The images are streamed ones; `keep` reads them into memory.
    Raises: DataError for a part of which no image can be read.
    """
    notes = list(dataset.notes)
    parts = {part: getattr(dataset, part) for part in ("train", "validation", "test")}
    kept: dict[str, Any] = {
        part: _readable(split, part, notes, keep=keep)
        for part, split in parts.items()
        if split is not None
    }
    return replace(dataset, **kept, notes=tuple(notes))


def _readable(split: Split, part: str, notes: list[str], *, keep: bool) -> Split:
    stored: Any = split.images
    assert isinstance(stored, StoredImages)
    with ThreadPoolExecutor(thread_name_prefix="bnnc-skip") as threads:
        failures = list(threads.map(stored.failure, range(len(stored))))
    failed = [row for row, failure in enumerate(failures) if failure is not None]
    if failed:
        first = failures[failed[0]]
        if len(failed) == len(failures):
            raise DataError(
                f"none of the {len(failures):,} images of `{part}` can be read, which `on_error: "
                f"skip` would skip. The first: {first}"
            )
        are = "image cannot be read and is" if len(failed) == 1 else "images cannot be read and are"
        notes.append(f"{len(failed):,} {part} {are} skipped; the first: {first}")
        rows = np.setdiff1d(np.arange(len(failures)), failed)
        stored, split = stored[rows], replace(split, labels=split.labels[rows])
    images = stored.read() if keep else stored
    return replace(split, images=cast("Any", images))
