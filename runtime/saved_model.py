"""Check what a saved model contains before Keras reads it.

A `.keras` archive has a config, from which Keras makes objects by the names of their modules and
classes, and an HDF5 file of weights, which can point into other files. Keras's safe mode refuses
Python code. It does not refuse everything that opens a file or asks the network, and what it
refuses depends on its version. A model of bnnc needs few classes and no other file.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from io import BufferedReader
from typing import Any

import h5py
import keras

from bnnc.specs.layers import LayerSection
from bnnc.system.reading import MAX_TEXT_BYTES

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MODEL = "bnnc>BayesianModel"
# Layers of Keras that a model has by its `input` section, without one in `layers`.
_OF_THE_INPUT = ("keras.layers.InputLayer", "keras.layers.Rescaling", "keras.layers.Normalization")
# Keras's own classes that a layer, or the compiled model, may have as an argument. None of them
# opens a file. What a dict names beside them, a function or a tensor, no model of bnnc has.
_ARGUMENTS = {
    "keras.constraints": keras.constraints.Constraint,
    "keras.initializers": keras.initializers.Initializer,
    "keras.metrics": keras.metrics.Metric,
    "keras.optimizers": keras.optimizers.Optimizer,
    "keras.optimizers.schedules": keras.optimizers.schedules.LearningRateSchedule,
    "keras.regularizers": keras.regularizers.Regularizer,
}
# The most that a part of an archive, or an array, may be larger than its bytes in the file.
# Keras compresses neither.
_MOST_EXPANSION = 1000
# Filters below are HDF5's own. For others it loads libraries from a folder of plugins.
_FIRST_PLUGIN = 256


def refuse_unsafe_model(file: BufferedReader) -> None:
    """Raise ValueError unless a `.keras` archive holds a model of bnnc and refers to nothing else.

    Also raises what zipfile, json and h5py raise for a damaged file.
    """
    with zipfile.ZipFile(file) as archive:
        names = sorted(archive.namelist())
        if names != [_CONFIG, _METADATA, _WEIGHTS]:
            shown = ", ".join(names[:5]) + ", ..." * (len(names) > 5)
            raise ValueError(
                f"expected an archive of {_CONFIG}, {_METADATA} and {_WEIGHTS}; received {shown}"
            )
        _refuse_unsafe_config(json.loads(_part(archive, _CONFIG, MAX_TEXT_BYTES)))
        refuse_unsafe_weights(io.BytesIO(_part(archive, _WEIGHTS)))


def refuse_unsafe_weights(file: BufferedReader | io.BytesIO) -> None:
    """Raise ValueError if an HDF5 file points into other files, or needs plugins to be read.

    Also raises what h5py raises for a damaged file.
    """
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    with h5py.File(file, "r") as weights:
        for name in _hard_links(weights):
            found = weights[name]
            if isinstance(found, h5py.Dataset):
                _refuse_unsafe_array(found, size)


def refuse_unsafe_weights_of_archive(file: BufferedReader) -> None:
    """`refuse_unsafe_weights` of the weights in a `.keras` archive, of any model."""
    with zipfile.ZipFile(file) as archive:
        refuse_unsafe_weights(io.BytesIO(_part(archive, _WEIGHTS)))


def _part(archive: zipfile.ZipFile, name: str, limit: int | None = None) -> bytes:
    part = archive.getinfo(name)
    most = _MOST_EXPANSION * part.compress_size if limit is None else limit
    if part.file_size > most:
        raise ValueError(f"{name} has {part.file_size:,} bytes; expected at most {most:,}")
    return archive.read(part)


def _refuse_unsafe_config(config: Any) -> None:
    top = config.get("registered_name") if isinstance(config, dict) else None
    if top != _MODEL:
        named = config.get("class_name") if isinstance(config, dict) else None
        raise ValueError(f"it holds a {named or type(config).__name__}, not a model of bnnc")
    for one in _dicts_in(config):
        if "class_name" in one and not _is_known(one):
            module, name = one.get("module"), one.get("registered_name") or one["class_name"]
            shown = f"{module}.{name}" if module and ">" not in str(name) else name
            raise ValueError(f"it names {shown}, which no model of bnnc has")


def _dicts_in(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _is_known(one: dict[str, Any]) -> bool:
    """Whether a dict describes an object that a model of bnnc may have.

    Keras looks for the registered name first, among the classes of all packages.
    """
    module, name, registered = (one.get(key) for key in ("module", "class_name", "registered_name"))
    if registered is not None:
        return str(registered).startswith("bnnc>") and isinstance(
            keras.saving.get_registered_object(registered), type
        )
    if module is None:
        return name == "__keras_tensor__"  # which output of which layer: numbers and names
    if module == "keras":
        return name == "DTypePolicy"
    if f"{module}.{name}" in _keras_layers():
        return True
    base = _ARGUMENTS.get(str(module))
    found: Any = keras
    for part in (*str(module).split(".")[1:], str(name)):
        found = getattr(found, part, None)
    return base is not None and isinstance(found, type) and issubclass(found, base)


@cache
def _keras_layers() -> frozenset[str]:
    """The layers of Keras that some spec has, by module and class."""
    found, waiting = set(_OF_THE_INPUT), [LayerSection]
    while waiting:
        section = waiting.pop()
        waiting += section.__subclasses__()
        found.add(getattr(section, "keras_class", ""))
    return frozenset(one for one in found if one.startswith("keras.layers."))


def _hard_links(weights: h5py.File) -> list[bytes]:
    """The names of all objects of a file. Raises: ValueError for a link to somewhere else."""
    names: list[bytes] = []

    def visit(name: bytes, link: Any) -> tuple[bytes, int] | None:
        names.append(name)
        return None if link.type == h5py.h5l.TYPE_HARD else (name, link.type)  # h5py ends with it

    if found := weights.id.links.visit(visit, info=True):
        name, kind = found
        where = "place" if kind == h5py.h5l.TYPE_SOFT else "file"
        shown = name.decode("utf-8", "replace")
        raise ValueError(f"its weights have a link to another {where}, `{shown}`")
    return names


def _refuse_unsafe_array(array: h5py.Dataset, size: int) -> None:
    made = array.id.get_create_plist()
    filters = [made.get_filter(number)[0] for number in range(made.get_nfilters())]
    if array.external or array.is_virtual:
        raise ValueError(f"its weights `{array.name}` are in another file")
    if any(one >= _FIRST_PLUGIN for one in filters):
        raise ValueError(f"its weights `{array.name}` need a plugin of HDF5 to be read")
    if array.nbytes > _MOST_EXPANSION * size:
        raise ValueError(f"its weights `{array.name}` unfold to {array.nbytes:,} bytes")
