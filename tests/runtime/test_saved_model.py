"""A saved model opens no other file and asks no network, whatever its archive says."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import bnnc
from bnnc.errors import ArtifactError, WeightsError
from bnnc.runtime.layers.backbone import _load as read_weights
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.saved_model import _keras_layers
from bnnc.specs.layers import LAYER_TYPES
from tests.support.tiny_program import document

Config = dict[str, Any]
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
BACKBONE = {
    "type": "backbone",
    "application": "MobileNetV3Small",
    "weights": "none",
    "pooling": "avg",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved program with a backbone."""
    folder = tmp_path_factory.mktemp("saved") / "program"
    spec = document(
        input={"shape": [32, 32, 3]},
        layers=[BACKBONE, {"type": "dense", "units": 3, "name": "head"}],
    )
    bnnc.compile(spec).save(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy of it, to be tampered with."""
    return Path(shutil.copytree(saved, tmp_path / "program"))


OPENED: list[str] = []
_WATCHED = ("open", "socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen")


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if OPENED and event in _WATCHED:  # no hook can be removed: it notes what is done in a block
        OPENED.append(f"{event} {arguments[0]}")


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """What Python opens, connects to or starts in a block."""
    if not hasattr(sys, "_bnnc_audited"):
        sys.addaudithook(_audit)
        sys._bnnc_audited = True  # type: ignore[attr-defined]
    OPENED[:] = ["a block begins"]
    yield OPENED
    OPENED.clear()


def rewrite(path: Path, **parts: bytes) -> None:
    """Put other parts into an archive; a part's name has `__` for its dot."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    held |= {name.replace("__", "."): data for name, data in parts.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)


def tamper(folder: Path, change: Callable[[Config], None]) -> None:
    """Change the config of a saved model."""
    path = folder / "model.keras"
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read(CONFIG))
    change(config)
    rewrite(path, config__json=json.dumps(config).encode())


def layer(config: Config, class_name: str) -> Config:
    """The description of the first layer of a class."""
    layers: list[Config] = config["config"]["layers"]
    return next(one for one in layers if one["class_name"] == class_name)


@pytest.mark.parametrize("weights", ["imagenet", "secret.weights.h5", "/dev/zero"])
def test_a_backbone_of_a_config_takes_no_weights_from_elsewhere(folder: Path, weights: str) -> None:
    secret = folder.parent / "secret.weights.h5"
    secret.touch()
    said = str(secret) if weights.startswith("secret") else weights

    def change(config: Config) -> None:
        layer(config, "Backbone")["config"]["weights"] = said

    tamper(folder, change)
    with watched() as opened:
        with pytest.raises(ArtifactError, match="config of a backbone to name no `weights`"):
            load(folder)
        # Nor by Keras's own function, which knows of no manifest.
        with pytest.raises(ValueError, match="config of a backbone to name no `weights`"):
            keras.saving.load_model(folder / "model.keras")
        assert "model.keras" in "".join(opened)
        for elsewhere in ("secret", "/dev/zero", "socket", "urllib", ".keras/models"):
            assert elsewhere not in "".join(opened)


def described(
    module: str | None, name: str, registered: str | None = None, **config: Any
) -> Config:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


@keras.saving.register_keras_serializable(package="elsewhere")
class Dense(keras.layers.Dense):
    """A class that another package has registered."""


FOREIGN = {
    "keras.layers.Lambda": described("keras.layers", "Lambda", function="x"),
    "keras.layers.TextVectorization": described(
        "keras.layers", "TextVectorization", vocabulary="/etc/hostname"
    ),
    "keras.layers.TFSMLayer": described("keras.layers", "TFSMLayer", filepath="/etc"),
    "keras.utils.get_file": {
        "module": "keras.utils",
        "class_name": "function",
        "config": "get_file",
        "registered_name": "get_file",
    },
    "keras.src.layers.core.lambda_layer.Lambda": described(
        "keras.src.layers.core.lambda_layer", "Lambda"
    ),
    "os.system": described("os", "system"),
    "elsewhere>Dense": described("keras.layers", "Dense", "elsewhere>Dense", units=3),
    "bnnc>Nothing": described("bnnc.runtime", "Nothing", "bnnc>Nothing"),
    "__lambda__": described(None, "__lambda__", value="x"),
    "tensorflow.__typespec__": described("tensorflow", "__typespec__"),
    "Lambda": {"class_name": "Lambda", "config": {}},  # which Keras reads by its older rules
    "keras.initializers.get": described("keras.initializers", "get"),
    "keras.saving.load_model": described("keras.saving", "load_model", filepath="/etc/hostname"),
}


@pytest.mark.parametrize("place", ["layer", "argument", "compiled", "input"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_config_names_no_class_but_those_of_a_model_of_bnnc(
    folder: Path, name: str, place: str
) -> None:
    def change(config: Config) -> None:
        foreign = dict(FOREIGN[name])
        head = layer(config, "VariationalDense")
        match place:
            case "layer":
                head.update(foreign)
                if "module" not in foreign:
                    del head["module"], head["registered_name"]
            case "argument":
                head["config"]["kernel_initializer"] = foreign
            case "compiled":
                config["compile_config"]["metrics"] = [[foreign]]
            case _:
                head["inbound_nodes"][0]["kwargs"]["training"] = foreign

    tamper(folder, change)
    message = f"it names {name}, which no model of bnnc has"
    with watched() as opened, pytest.raises(ArtifactError, match=message):
        load(folder)
    assert "/etc" not in "".join(opened)


def of_weights(change: Callable[[h5py.File], None], of: bytes) -> bytes:
    """An HDF5 file after a change."""
    file = io.BytesIO(of)
    with h5py.File(file, "r+") as weights:
        change(weights)
    return file.getvalue()


def weights_of(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(WEIGHTS)


def _an_array(weights: h5py.File) -> str:
    names: list[str] = []
    weights.visit(names.append)
    return next(one for one in reversed(names) if isinstance(weights[one], h5py.Dataset))


def external_link(weights: h5py.File) -> None:
    name = _an_array(weights)
    del weights[name]
    weights[name] = h5py.ExternalLink("secret.h5", "/array")


def external_group(weights: h5py.File) -> None:
    weights["layers/more"] = h5py.ExternalLink("secret.h5", "/")


def soft_link(weights: h5py.File) -> None:
    weights["layers/more"] = h5py.SoftLink("/layers")


def external_array(weights: h5py.File) -> None:
    name = _an_array(weights)
    shape = weights[name].shape
    del weights[name]
    weights.create_dataset(name, shape, "f4", external=[("secret.h5", 0, h5py.h5f.UNLIMITED)])


def virtual_array(weights: h5py.File) -> None:
    name = _an_array(weights)
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "array", (4,))
    del weights[name]
    weights.create_virtual_dataset(name, layout)


def with_plugin(weights: h5py.File) -> None:
    name = _an_array(weights)
    del weights[name]
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((4,))
    made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(weights.id, name.encode(), h5py.h5t.IEEE_F32LE, space, made)


def unfolding(weights: h5py.File) -> None:
    name = _an_array(weights)
    del weights[name]
    weights.create_dataset(name, (10**12,), "f4", chunks=(10**6,), compression="gzip")


UNSAFE: dict[Callable[[Any], None], str] = {
    external_link: "a link to another file",
    external_group: "a link to another file",
    soft_link: "a link to another place",
    external_array: "are in another file",
    virtual_array: "are in another file",
    with_plugin: "need a plugin of HDF5",
    unfolding: "unfold to 4,000,000,000,000 bytes",
}


@pytest.mark.parametrize("change", UNSAFE, ids=lambda one: one.__name__)
def test_weights_that_point_elsewhere_are_refused(
    folder: Path, change: Callable[[h5py.File], None]
) -> None:
    with h5py.File(folder / "secret.h5", "w") as file:
        file["array"] = np.zeros(4, np.float32)
    model = folder / "model.keras"
    damaged = of_weights(change, weights_of(model))
    rewrite(model, model__weights__h5=damaged)
    with pytest.raises(ArtifactError, match=UNSAFE[change]):
        load(folder)
    # The same files as a backbone's weights.
    weights = folder / "backbone.weights.h5"
    weights.write_bytes(damaged)
    for path in (model, weights):
        with pytest.raises(WeightsError, match=UNSAFE[change]):
            read_weights(keras.Sequential(), path, "MobileNetV3Small")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"assets/x": b""}, r"received assets/x, config\.json"),
        ({"../../x": b""}, r"received \.\./\.\./x, config\.json"),
        ({"config__json": b"[" * 10**5}, "cannot be loaded"),
        ({"config__json": b"3"}, "it holds a int, not a model of bnnc"),
    ],
)
def test_an_archive_has_three_parts_and_no_other(
    folder: Path, parts: dict[str, bytes], message: str
) -> None:
    rewrite(folder / "model.keras", **parts)
    with pytest.raises(ArtifactError, match=message):
        load(folder)
    assert sorted(one.name for one in folder.parent.iterdir()) == ["program"]


def test_an_archive_that_unfolds_beyond_all_measure_is_refused(folder: Path) -> None:
    config = json.dumps({"registered_name": "bnnc>BayesianModel"}).encode()
    with zipfile.ZipFile(folder / "model.keras", "w", zipfile.ZIP_LZMA) as archive:
        for name, data in {CONFIG: config, METADATA: b"{}", WEIGHTS: bytes(10**8)}.items():
            archive.writestr(name, data)
    with pytest.raises(ArtifactError, match="has 100,000,000 bytes; expected at most"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("model.keras", kind) for kind in ("pipe", "folder", "device")),
        *(("manifest.json", kind) for kind in ("pipe", "folder", "device")),
        ("model.py", "pipe"),
    ],
)
def test_no_file_of_a_program_is_waited_for(folder: Path, name: str, kind: str) -> None:
    (folder / name).unlink()
    match kind:
        case "pipe":
            os.mkfifo(folder / name)
        case "folder":
            (folder / name).mkdir()
        case _:
            (folder / name).symlink_to("/dev/zero")
    with pytest.raises(ArtifactError, match=f"it is a {kind}; expected a regular file"):
        load(folder)


def test_every_layer_of_keras_in_the_registry_is_known() -> None:
    named = {one.keras_class for one in LAYER_TYPES if one.keras_class.startswith("keras.")}
    assert named
    assert named <= _keras_layers()
    assert not [
        one for one in _keras_layers() if not hasattr(keras.layers, one[len("keras.layers.") :])
    ]


def test_an_untouched_program_is_loaded(saved: Path) -> None:
    assert isinstance(load(saved), Program)
