"""Parts of the tables that programs, data and predictions show themselves as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bnnc.runtime.training.batches import ArrayBatches, Batches
from bnnc.system.table import Table

SHOWN_ROWS = 10
"""Images that a prediction shows."""

_SHOWN_NAMES = 10


def image_table(
    kind: str,
    draws: int,
    images: int,
    columns: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    left: int = 1,
) -> Table:
    """The table of a prediction, whose rows are those of the first images."""
    more = images - len(rows)
    below = (f"and {counted_noun(more, 'more image')}",) if more else ()
    title = f"{kind} of {counted_noun(images, 'image')}, {counted_noun(draws, 'weight draw')}"
    return Table(title, columns, rows, left, below=below)


def first_rows(*columns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The first rows of the columns, each with its number."""
    rows = zip(map(str, range(SHOWN_ROWS)), *columns, strict=False)
    return tuple(rows)


def decimals(values: Any, form: str = ".4g") -> list[str]:
    """The first values; several numbers of one image are in one cell."""
    return [" ".join(f"{one:{form}}" for one in np.atleast_1d(row)) for row in values[:SHOWN_ROWS]]


def rows_text(batches: Batches) -> str:
    """How many rows, and of which shape where it is known."""
    shape = batches.images.shape[1:] if isinstance(batches, ArrayBatches) else None
    return f"{batches.rows:,}" + ("" if shape is None else f" images of {shape_text(shape)}")


def shape_text(shape: Sequence[int]) -> str:
    """A shape, as in 28×28×1."""
    return "×".join(map(str, shape))


def listed_names(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def counted_noun(count: int, noun: str) -> str:
    """A number of things, as in "1 row" and "2 rows"."""
    return f"{count:,} {noun}" + "s" * (count != 1)
