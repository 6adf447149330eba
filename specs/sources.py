"""Facts about data that is not loaded, and the named sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bnnc.specs.data import Reading, Splits


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Rows, shape, classes, and what a raw pixel can be.

    The shape is (height, width, channels) of an image, (features,) of a row of a table. The labels
    of a source without classes are numbers. The features of a table may have any value.
    """

    name: str
    rows_train: int
    rows_test: int
    shape: tuple[int, ...]
    classes: int | None
    value_range: tuple[float, float] | None


SOURCES = {
    facts.name: facts
    for facts in (
        SourceFacts("digits", 1_437, 360, (8, 8, 1), 10, (0.0, 16.0)),
        SourceFacts("fashion-mnist", 60_000, 10_000, (28, 28, 1), 10, (0.0, 255.0)),
        SourceFacts("mnist", 60_000, 10_000, (28, 28, 1), 10, (0.0, 255.0)),
        SourceFacts("cifar10", 50_000, 10_000, (32, 32, 3), 10, (0.0, 255.0)),
        SourceFacts("cifar100", 50_000, 10_000, (32, 32, 3), 100, (0.0, 255.0)),
        SourceFacts("diabetes", 353, 89, (10,), None, None),
        SourceFacts("wine", 142, 36, (13,), 3, None),
        SourceFacts("breast-cancer", 455, 114, (30,), 2, None),
        SourceFacts("iris", 120, 30, (4,), 3, None),
    )
}


# Sources of written digits: the index of a class is the number that stands in the image. Elsewhere
# it is a code, which has no order and measures nothing.
NUMERALS = frozenset({"digits", "mnist"})


def arrays_refused(name: str, reading: Reading) -> tuple[str, str] | None:
    """Why arrays cannot be read as a spec says, and the key of `data` that says it; None if they can."""
    if reading.channels is not None:
        return (
            f"{name}: holds arrays, and `data.decode` is about image files. Delete `decode`, and "
            "store the images with the channels of `input.shape`.",
            "decode",
        )
    if reading.features is not None:
        return (
            f"{name}: is read as a whole, and `data.features` names columns of a table in CSV, TSV or "
            "Parquet. Delete `features`.",
            "features",
        )
    if reading.labels is not None:
        return (
            f"{name}: holds arrays with labels of its own, and `data.labels` is about a table of "
            "image files. Delete `labels`, or name a folder of images, or a table, as the source.",
            "labels",
        )
    if reading.skips:
        return (
            f"{name}: holds arrays, and `data.on_error` is about image files, of which one can be read "
            "without the others. Delete `on_error`.",
            "on_error",
        )
    if reading.one_hot is not None:
        return (
            f"{name}: is read as a whole, and `data.one_hot` names columns of a table in CSV, TSV or "
            "Parquet. Delete `one_hot`.",
            "one_hot",
        )
    if reading.cache is not None:
        return (
            f"{name}: holds arrays, which are decoded already, and `data.cache` keeps decoded image "
            "files. Delete `cache`.",
            "cache",
        )
    if reading.example is not None:
        return (
            f"{name}: holds arrays, and `data.example` names the features of TFRecord files. Delete "
            "`example`.",
            "example",
        )
    if reading.streaming:
        return (
            f"{name}: is read into memory as a whole, and cannot be streamed. Delete `streaming`, or "
            "store the images as files, or the arrays as `x_train.npy`, `y_train.npy` in a folder.",
            "streaming",
        )
    if reading.splits is not None and reading.splits.by is not None:
        return (
            f"{name}: holds arrays, and `data.splits.by` names a column of a table of image files. "
            "Delete `by`, or name a table as the source.",
            "splits",
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """Facts about data to train on, for the rules; None for what is not known.

    Attributes:
        name: as a person names the data.
        rows: rows trained on, after the validation split.
        shape: of one image as it is stored; a file may leave out the axis of one channel.
        dtype: NumPy's name of the stored numbers.
        value_range: what a raw value can be.
        values: the lowest and the highest value that was seen.
        classes: classes that the data itself has.
        class_names: their names, in the order of their indices.
        label_columns: numbers in a row's label; 1 for a class index.
        label_counts: rows of each class before the validation split, class 0 first.
        has_validation: whether there are validation rows that no split takes from the others.
        has_test: whether there are test rows that no split takes from the others.
        groups: the group of each row, where the rows are to be split by groups.
        feature_names: names of the features of a table of numbers, where they have names.
    """

    name: str
    rows: int | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    value_range: tuple[float, float] | None = None
    values: tuple[float, float] | None = None
    classes: int | None = None
    class_names: tuple[str, ...] | None = None
    label_columns: int | None = None
    label_counts: tuple[int, ...] | None = None
    has_validation: bool | None = None
    has_test: bool | None = None
    groups: tuple[str, ...] | None = field(default=None, repr=False)
    feature_names: tuple[str, ...] | None = None

    def after_split(self, fraction: float) -> DataFacts:
        """The facts of the rows that a validation split leaves."""
        if self.rows is None or self.has_validation:
            return self
        return replace(self, rows=self.rows - held_out(self.rows, fraction))

    def after_splits(self, splits: Splits | None) -> DataFacts:
        """The facts of the rows that shares leave, where rows are chosen one by one."""
        if splits is None or self.rows is None:
            return self
        taken = (held_out(self.rows, share) for share in (splits.test, splits.validation))
        return replace(self, rows=self.rows - sum(taken))

    def has_shape(self, shape: tuple[int, ...]) -> bool:
        """Whether the images, as far as they are known, have the shape that a spec says."""
        return self.shape in {None, shape} or (shape[-1] == 1 and self.shape == shape[:-1])


def named_facts(source: str) -> DataFacts | None:
    """The facts of a named source, whole; None for a path."""
    known = SOURCES.get(source)
    if known is None:
        return None
    return DataFacts(
        name=source,
        rows=known.rows_train,
        shape=known.shape,
        value_range=known.value_range,
        classes=known.classes,
        label_columns=1,
        has_validation=False,
        has_test=True,
    )


FROM_PYTHON: Final[Mapping[str, str]] = MappingProxyType(
    {"arrays": "arrays in Python", "dataset": "a tf.data.Dataset"}
)
"""What the manifest of a run calls data that Python handed over, and no path leads to: in words."""


def held_out(rows: int, fraction: float) -> int:
    """Rows that a validation split holds out of `rows`."""
    return round(rows * fraction)


def source_path(source: str, folder: str | Path | None = None) -> Path:
    """The path that a source means which has no name of its own, relative to a folder.

    Raises: RuntimeError for the `~` of an unknown user.
    """
    path = Path(source).expanduser()
    return path if folder is None else Path(folder) / path  # an absolute path stays as it is


def matching_paths(path: Path) -> list[Path]:
    """The existing paths that a pattern such as `shards/train-*` means, sorted; none for no pattern.

    A path that exists is no pattern, whatever its name is.
    """
    import glob  # here: most specs name a source as it is

    if not glob.has_magic(str(path)) or path.exists():
        return []
    return [Path(found) for found in sorted(glob.glob(str(path)))]


def source_meant(value: str) -> str | None:
    """The named source that was meant by a word; None for other data, and for a path.

    `emnist` holds the name of another source, and `cifar` is held by two: these are names of other
    data, and not misspelt.
    """
    from difflib import get_close_matches  # here: most specs name a source as it is

    if any(sign in value for sign in "/\\.~") or len(value) > 40:
        return None
    by_spelling = {_plain(name): name for name in SOURCES}
    word = _plain(value)
    if word in by_spelling:
        return by_spelling[word]
    # `cifar20` is no misspelt `cifar10`: where both have digits, they are the same.
    digits = re.findall(r"\d+", word)
    near = [
        name
        for name in by_spelling
        if name not in word and (not digits or re.findall(r"\d+", name) in ([], digits))
    ]
    close = get_close_matches(word, near, n=1, cutoff=0.8)
    if not close or word in OTHER_DATA or sum(word in name for name in by_spelling) > 1:
        return None
    return by_spelling[close[0]]


def is_other_data(value: str) -> bool:
    """Whether a word names a public data set that bnnc does not know how to read."""
    return _plain(value) in OTHER_DATA


# Public data sets, without signs and in lower case: a source that is called so is neither misspelt
# nor a path that was mistyped.
_OTHER_DATA = """
    affnist breastmnist caltech101 caltech256 camelyon17 celeba chestmnist chexpert cifar cifar10c
    cifar100c cinic10 cityscapes clothing1m coco cub200 cub2002011 dermamnist dtd emnist eurosat ffhq
    fer2013 flowers flowers102 food101 galaxy10 gtsrb ham10000 imagenet imagenet1k imagenet2012
    imagenette imagewoof inaturalist isic isic2019 kmnist kuzushijimnist lfw lsun medmnist mnist1d
    mnistc movingmnist notmnist octmnist omniglot organmnist oxfordflowers102 oxfordiiitpet
    patchcamelyon pathmnist pcam pets places365 pneumoniamnist qmnist quickdraw resisc45 retinamnist
    rotatedmnist semeion smallnorb stanfordcars stanforddogs stl10 sun397 svhn svhncropped tinyimagenet
    tissuemnist usps voc2012
    abalone adult airfoil bostonhousing californiahousing concrete covertype energy german higgs
    kin8nm naval penguins powerplant proteinstructure titanic winequality yacht yearprediction
"""
OTHER_DATA: Final = frozenset(_OTHER_DATA.split())


def _plain(word: str) -> str:
    return "".join(sign for sign in word.lower() if sign.isalnum())
