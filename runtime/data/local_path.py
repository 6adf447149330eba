"""Recognise the layout of the data at a path."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from bnnc.runtime.data.arrow_rows import arrow_facts, holds_images, is_arrow, load_arrow
from bnnc.runtime.data.dataset import Dataset
from bnnc.runtime.data.errors import DataError, SpecDataError
from bnnc.runtime.data.hdf5 import HDF5_SUFFIXES, hdf5_facts, load_hdf5
from bnnc.runtime.data.idx import holds_idx, idx_facts, load_idx_folder
from bnnc.runtime.data.image_folder import (
    image_folder_facts,
    image_folder_files,
    load_image_folder,
)
from bnnc.runtime.data.image_table import (
    image_table_facts,
    image_table_files,
    load_image_table,
)
from bnnc.runtime.data.npy_folder import holds_npy, load_npy_folder, npy_folder_facts
from bnnc.runtime.data.npz import load_npz, npz_facts
from bnnc.runtime.data.number_table import (
    holds_numbers,
    load_number_table,
    number_table_facts,
)
from bnnc.runtime.data.resizing import refuse_unlike_files, resize_dataset, resized_shape
from bnnc.runtime.data.shards import holds_shards
from bnnc.runtime.data.source_files import SourceFiles
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.runtime.data.table_file import TABLE_SUFFIXES
from bnnc.runtime.data.tfrecord.records import is_tfrecord
from bnnc.runtime.data.tfrecord.source import load_tfrecord, tfrecord_facts
from bnnc.runtime.data.tfrecord.tfds import tfds_folder
from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.sources import DataFacts, matching_paths

KINDS = (
    "a folder of IDX files, a folder with one subfolder of images for each class, an .npz archive "
    "or an HDF5 file with x_train and y_train, a folder with x_train.npy and y_train.npy, a table in "
    "CSV, TSV or Parquet, of numbers or of image files and labels, or TFRecord, Parquet or Arrow files "
    "that hold the images: one, a folder of them, or a pattern such as `train-*`; so are the folders of "
    "TensorFlow Datasets, and those of `save_to_disk` of Hugging Face's `datasets`"
)


T_co = TypeVar("T_co", covariant=True)


class _Load(Protocol[T_co]):
    def __call__(
        self, path: Path, /, *, name: str, classes: Sequence[str] | None, reading: Reading
    ) -> T_co: ...


class _ListFiles(Protocol):
    def __call__(
        self, path: Path, /, *, classes: Sequence[str] | None, reading: Reading
    ) -> SourceFiles: ...


class _LoadArrays(Protocol[T_co]):
    def __call__(self, path: Path, /, *, name: str, classes: Sequence[str] | None) -> T_co: ...


class _LoadMapped(_LoadArrays[Dataset], Protocol):
    def __call__(
        self,
        path: Path,
        /,
        *,
        name: str,
        classes: Sequence[str] | None,
        streaming: bool | None = None,
    ) -> Dataset: ...


@dataclass(frozen=True, slots=True)
class _Files:
    """Image files: how they are loaded, looked into without loading them, and listed."""

    load: _Load[Dataset]
    facts: _Load[DataFacts]
    files: _ListFiles


@dataclass(frozen=True, slots=True)
class _Arrays:
    """Arrays of images: how they are loaded, and looked into without loading them."""

    load_arrays: _LoadArrays[Dataset]
    array_facts: _LoadArrays[DataFacts]

    def load(
        self, path: Path, /, *, name: str, classes: Sequence[str] | None, reading: Reading
    ) -> Dataset:
        refuse_unlike_files(name, reading)
        return resize_dataset(self.load_arrays(path, name=name, classes=classes), reading.resize)

    def facts(
        self, path: Path, /, *, name: str, classes: Sequence[str] | None, reading: Reading
    ) -> DataFacts:
        refuse_unlike_files(name, reading)
        facts = self.array_facts(path, name=name, classes=classes)
        if reading.resize is None or facts.shape is None:
            return facts
        return replace(facts, shape=resized_shape(facts.shape, reading.resize, name=name))


@dataclass(frozen=True, slots=True)
class _MappedArrays:
    """Arrays of images that can be streamed."""

    load_arrays: _LoadMapped
    array_facts: _LoadArrays[DataFacts]

    def load(
        self, path: Path, /, *, name: str, classes: Sequence[str] | None, reading: Reading
    ) -> Dataset:
        refuse_unlike_files(name, replace(reading, streaming=None))
        dataset = self.load_arrays(path, name=name, classes=classes, streaming=reading.streaming)
        if reading.resize is not None and isinstance(dataset.train.images, StoredImages):
            raise SpecDataError(
                f"{name}: its images are streamed, and arrays that are streamed are not resized. "
                "Delete `data.resize`, and store the images in the size of `input.shape`.",
                *("data", "resize"),
            )
        return resize_dataset(dataset, reading.resize)

    def facts(
        self, path: Path, /, *, name: str, classes: Sequence[str] | None, reading: Reading
    ) -> DataFacts:
        arrays = _Arrays(self.load_arrays, self.array_facts)
        reading = replace(reading, streaming=None)
        return arrays.facts(path, name=name, classes=classes, reading=reading)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Files of many rows: how they are loaded, and looked into."""

    load: _Load[Dataset]
    facts: _Load[DataFacts]


_Layout = _Files | _Arrays | _MappedArrays | _Rows

_IDX = _Arrays(load_idx_folder, idx_facts)
_NUMBERS = _Rows(load_number_table, number_table_facts)
_TABLE = _Files(load_image_table, image_table_facts, image_table_files)
_IMAGE_FOLDER = _Files(load_image_folder, image_folder_facts, image_folder_files)
_NPZ = _Arrays(load_npz, npz_facts)
_HDF5 = _MappedArrays(load_hdf5, hdf5_facts)
_NPY = _MappedArrays(load_npy_folder, npy_folder_facts)
_TFRECORD = _Rows(load_tfrecord, tfrecord_facts)
_ARROW = _Rows(load_arrow, arrow_facts)


def load_path(
    path: Path,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> Dataset:
    """Load the data at an existing path.

    `classes` are the names of the classes in their order: those of the class folders, or of the
    indices of other labels. `reading` is how the spec says that the rows are read.
    Raises: DataError for what bnnc does not read; ClassesDifferError for other class folders;
        SpecDataError for what cannot be read as `reading` says.
    """
    with _system_errors(path):
        return _layout(path, reading).load(path, name=name, classes=classes, reading=reading)


def path_facts(
    path: Path,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> DataFacts:
    """Look into the data at an existing path, in milliseconds and without TensorFlow.

    Raises: as `load_path`, as far as it can be seen without reading the images.
    """
    with _system_errors(path):
        return _layout(path, reading).facts(path, name=name, classes=classes, reading=reading)


def path_files(
    path: Path, *, classes: Sequence[str] | None = None, reading: Reading = AS_STORED
) -> SourceFiles | None:
    """The image files at an existing path with their labels; None for other data.

    Raises: as `load_path`, as far as it can be seen without reading a file. Files that cannot be
        read are no reason to refuse the others.
    """
    with _system_errors(path):
        layout = _layout(path, reading)
        if not isinstance(layout, _Files):
            return None
        return layout.files(path, classes=classes, reading=reading)


def holds_rows_in_files(path: Path, reading: Reading) -> bool:
    """Whether the images at a path are within files of many, each of which is read by itself."""
    with _system_errors(path):
        return _layout(path, reading) in (_TFRECORD, _ARROW)


def refuse_other_kinds(path: Path) -> None:
    """Raise DataError for an existing path that has none of the layouts."""
    with _system_errors(path):
        _layout(path)


def _layout(path: Path, reading: Reading = AS_STORED) -> _Layout:
    layout = _recognised(path, reading)
    if reading.example is not None and layout is not _TFRECORD:
        raise SpecDataError(
            f"{path}: `data.example` names the features of TFRecord files, and this is other data. "
            "Delete `example`.",
            *("data", "example"),
        )
    for key, said in (("features", reading.features), ("one_hot", reading.one_hot)):
        if said is not None and layout is not _NUMBERS:
            raise SpecDataError(
                f"{path}: `data.{key}` names the columns of a table of numbers, and this is other "
                f"data. Delete `{key}`; for a table of numbers, write one number as `input.shape`.",
                *("data", key),
            )
    return layout


def _recognised(path: Path, reading: Reading) -> _Layout:
    if path.is_dir():
        return _layout_of_folder(path, reading)
    if path.is_file():
        suffix = path.suffix.lower()
        if suffix == ".arrow" or (suffix == ".parquet" and holds_images(path)):
            return _ARROW
        if suffix in TABLE_SUFFIXES:
            return _NUMBERS if holds_numbers(path, reading) else _TABLE
        if suffix == ".npz":
            return _NPZ
        if suffix in HDF5_SUFFIXES:
            return _HDF5
        if is_tfrecord(path) or reading.example is not None:
            return _TFRECORD
    received = f"a file called {path.name}" if path.is_file() else "a pipe or a device"
    if matches := matching_paths(path):
        if any(map(is_tfrecord, matches)):
            return _TFRECORD
        if any(map(is_arrow, matches)):
            return _ARROW
        received = f"a pattern of files such as {matches[0].name}"
    raise DataError(
        f"{path}: expected {KINDS}. Received: {received}. A single IDX file is "
        "given by the folder that it is in."
    )


def _layout_of_folder(path: Path, reading: Reading) -> _Layout:
    if reading.table.file is None and holds_shards(path, is_arrow):
        return _ARROW
    if reading.labels is not None:
        return _TABLE
    if tfds_folder(path) is not None:
        return _TFRECORD
    if holds_npy(path):
        return _NPY
    if holds_idx(path):
        return _IDX
    return _TFRECORD if holds_shards(path, is_tfrecord) else _IMAGE_FOLDER


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{error.filename or path}: cannot be read ({error.strerror or error})."
        ) from error
