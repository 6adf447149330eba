"""Folders that TensorFlow Datasets prepared, `data_dir/NAME/VERSION`, read without it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.shards import Shards
from bnnc.specs.data import ExampleFeatures
from bnnc.system.reading import read_text

_INFO: Final = "dataset_info.json"
_FEATURES: Final = "features.json"
_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_PARTS: Final = ("train", "validation", "test")


class _Split(BaseModel):
    name: str
    shard_lengths: list[NonNegativeInt] = Field(default=[], alias="shardLengths")


class _Info(BaseModel):
    """`dataset_info.json`, as far as it is read."""

    file_format: str = Field(default="tfrecord", alias="fileFormat")
    splits: list[_Split] = []


class _Feature(BaseModel):
    python_class: str | None = Field(default=None, alias="pythonClassName")


class _FeaturesDict(BaseModel):
    features: dict[str, _Feature] = {}


class _Features(BaseModel):
    """`features.json`, as far as it is read."""

    whole: _FeaturesDict = Field(default=_FeaturesDict(), alias="featuresDict")


Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What such a folder says of its data.

    Attributes:
        shards: the files of each part.
        features: names of the features with the image and with the label, where they are plain.
        class_names: names of the classes in the order of their indices, or None.
        rows: rows of each part.
    """

    shards: Shards
    features: ExampleFeatures
    class_names: tuple[str, ...] | None
    rows: Mapping[str, int]


def tfds_folder(path: Path) -> Path | None:
    """The folder of the version: `path` or, of several in it, the latest; None for other data."""
    if (path / _INFO).is_file() and (path / _FEATURES).is_file():
        return path
    if not path.is_dir():
        return None
    versions = [
        entry
        for entry in path.iterdir()
        if _VERSION.fullmatch(entry.name) and (entry / _FEATURES).is_file()
    ]
    return max(versions, key=lambda one: tuple(map(int, one.name.split("."))), default=None)


def read_prepared(folder: Path) -> Prepared:
    """Read what the folder of a version says. Raises: DataError naming the file."""
    info, features = _read(folder / _INFO, _Info), _read(folder / _FEATURES, _Features)
    if info.file_format != "tfrecord":
        raise DataError(
            f"{folder / _INFO}: the data is stored as {info.file_format}. Expected tfrecord. "
            "Prepare it with `download_and_prepare(file_format='tfrecord')`."
        )
    shards: Shards = {}
    rows = {}
    for part in _PARTS:
        split = next((one for one in info.splits if one.name == part), None)
        files = sorted(folder.glob(f"*-{part}.tfrecord-*-of-*"))
        if split is None:
            continue
        lengths = split.shard_lengths
        if len(files) != len(lengths):
            raise DataError(
                f"{folder}: {_INFO} names {len(lengths)} files of `{part}`, and {len(files)} are "
                "there. Expected all of them. Prepare the data again, or copy the whole folder."
            )
        shards[part], rows[part] = files, sum(lengths)
    if "train" not in shards:
        raise DataError(f"{folder}: {_INFO} names no split `train`. Expected one to train on.")
    image, label = (_only(features.whole.features, name) for name in ("Image", "ClassLabel"))
    said = ExampleFeatures(image=image, label=label)
    names = folder / f"{label}.labels.txt"
    class_names = tuple(_text(names).split("\n")) if label and names.is_file() else None
    if class_names is not None and not class_names[-1]:
        class_names = class_names[:-1]
    return Prepared(shards, said, class_names, rows)


def _only(features: Mapping[str, _Feature], kind: str) -> str | None:
    """The only feature of a kind; None for none, and for several."""
    found = [name for name, one in features.items() if str(one.python_class).endswith(f".{kind}")]
    return found[0] if len(found) == 1 else None


def _read(file: Path, form: type[Model]) -> Model:
    try:
        return form.model_validate_json(_text(file))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{file}: is not what TensorFlow Datasets writes ({place and f'`{place}`: '}"
            f"{first['msg']}). Prepare the data again."
        ) from error


def _text(file: Path) -> str:
    try:
        return read_text(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error}).") from error
