"""Take validation and test rows out of the training rows of a source, by the shares of a spec.

The parts follow from the rows, the shares and the seed alone. The test rows are chosen first: those
of a source stay the same when the share of the validation rows changes.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import SpecDataError
from bnnc.specs.data import Splits
from bnnc.specs.sources import DataFacts, held_out

# Joined to the seed, so that no other part of a training has the same random numbers. The letters
# "splits" as big-endian bytes.
SPLITS_STREAM = int.from_bytes(b"splits", "big")

Rows = npt.NDArray[np.int64]


def split_dataset(dataset: Dataset, splits: Splits | None) -> Dataset:
    """Take the rows of the other parts out of the training rows; all stay without `splits`.

    The rows of each part keep their order.
    Raises: SpecDataError for a part that the source has of its own or that would be empty, and for
        groups that the source does not have.
    """
    if splits is None:
        return dataset
    for part, share, own in (
        ("validation", splits.validation, dataset.validation),
        ("test", splits.test, dataset.test),
    ):
        if share > 0 and own is not None:
            raise SpecDataError(
                f"{dataset.name} has {len(own.images):,} {part} images of its own, and "
                f"`data.splits.{part}` takes others out of the training images. Delete one of them.",
                *("data", "splits", part),
            )
    train = dataset.train
    strata = None
    if splits.stratified:
        _, strata = np.unique(train.labels, axis=0, return_inverse=True)
        strata = strata.reshape(-1)
    parts = split_rows(
        len(train.images), splits, strata=strata, groups=dataset.groups, where=dataset.name
    )
    taken = {part: Split(train.images[rows], train.labels[rows]) for part, rows in parts.items()}
    return replace(
        dataset,
        train=taken["train"],
        validation=taken.get("validation", dataset.validation),
        test=taken.get("test", dataset.test),
        groups=None,
    )


def facts_after_splits(facts: DataFacts, splits: Splits | None) -> DataFacts:
    """The facts of the rows that are left to train on. Raises: as `split_dataset`."""
    if splits is None or facts.rows is None:
        return facts
    own = {"validation": facts.has_validation, "test": facts.has_test}
    if any(getattr(splits, part) > 0 and has for part, has in own.items()):
        return facts  # BNN265 reports it
    if splits.by is None:
        _sizes(facts.rows, splits, facts.name)
        return facts.after_splits(splits)
    parts = split_rows(facts.rows, splits, groups=facts.groups, where=facts.name)
    return replace(facts, rows=len(parts["train"]), groups=None)


def split_rows(
    rows: int,
    splits: Splits,
    *,
    strata: npt.NDArray[Any] | None = None,
    groups: Sequence[str] | None = None,
    where: str,
) -> dict[str, Rows]:
    """The row numbers of `train`, `validation` and `test`, each in increasing order.

    Args:
        rows: rows to divide.
        splits: shares, seed, and how the rows are chosen.
        strata: the class of each row, [rows] of 0, 1, 2, ...; its shares are those of all rows.
        groups: the group of each row, which stays in one part.
        where: the source, for a message.

    Returns: every row once; parts without a share are left out.
    Raises: SpecDataError for a part without rows, and where the groups are needed and not there.
    """
    sizes = _sizes(rows, splits, where)
    random = np.random.default_rng([splits.seed, SPLITS_STREAM])
    if splits.by is not None:
        if groups is None:
            raise SpecDataError(
                f"{where}: has no columns to group its rows by. Expected a table in CSV, TSV or "
                "Parquet. Delete `data.splits.by`.",
                *("data", "splits", "by"),
            )
        part_of = _by_groups(groups, sizes, random)
    elif strata is not None:
        part_of = _by_strata(strata, sizes, random)
    else:
        part_of = np.zeros(rows, dtype=np.int64)
        permuted, start = random.permutation(rows), 0
        for number, size in enumerate(sizes.values(), start=1):
            part_of[permuted[start : start + size]] = number
            start += size
    parts = {
        part: np.flatnonzero(part_of == number) for number, part in enumerate(("train", *sizes))
    }
    empty = next((part for part, members in parts.items() if len(members) == 0), None)
    if empty is not None:
        raise _without_rows(empty, rows, where)
    return parts


def _sizes(rows: int, splits: Splits, where: str) -> dict[str, int]:
    """Rows of the parts that are taken out, those of the test first."""
    shares = {"test": splits.test, "validation": splits.validation}
    sizes = {part: held_out(rows, share) for part, share in shares.items() if share > 0}
    empty = next((part for part, size in sizes.items() if size == 0), None)
    empty = "train" if sum(sizes.values()) >= rows else empty
    if empty is not None:
        raise _without_rows(empty, rows, where)
    return sizes


def _without_rows(part: str, rows: int, where: str) -> SpecDataError:
    return SpecDataError(
        f"{where}: the shares of `data.splits` leave no {part} row of {rows:,}. Choose other shares, "
        "or add images.",
        *("data", "splits"),
    )


def _by_strata(
    strata: npt.NDArray[Any], sizes: dict[str, int], random: np.random.Generator
) -> Rows:
    """Rows of each class in the share that the part has of all rows, within one; 1 stays at least."""
    rows = len(strata)
    permuted = random.permutation(rows)
    ordered = permuted[np.argsort(strata[permuted], kind="stable")]
    of_class = np.bincount(strata)
    first = np.cumsum(of_class) - of_class
    taken = np.zeros_like(of_class)
    part_of = np.zeros(rows, dtype=np.int64)
    for number, size in enumerate(sizes.values(), start=1):
        quota = of_class * (size / rows)
        counts = np.floor(quota).astype(np.int64)
        # The largest remainders get what is left, so that the part has its size.
        most = np.argsort(counts - quota, kind="stable")[: size - counts.sum()]
        counts[most] += 1
        counts = np.minimum(counts, np.maximum(of_class - taken - 1, 0))
        for one in np.flatnonzero(counts):
            start = first[one] + taken[one]
            part_of[ordered[start : start + counts[one]]] = number
        taken += counts
    return part_of


def _by_groups(groups: Sequence[str], sizes: dict[str, int], random: np.random.Generator) -> Rows:
    """Groups in random order, each to the first part that comes nearer to its size by it."""
    names, group_of, counts = np.unique(
        np.asarray(groups, dtype=object), return_inverse=True, return_counts=True
    )
    part_of_group = np.zeros(len(names), dtype=np.int64)
    for number, size in enumerate(sizes.values(), start=1):
        has = 0
        for group in random.permutation(len(names)):
            count = int(counts[group])
            if part_of_group[group] == 0 and abs(has + count - size) < abs(has - size):
                part_of_group[group] = number
                has += count
    return part_of_group[group_of.reshape(-1)]
