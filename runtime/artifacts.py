"""What a program is on disk: model.keras, model.py and manifest.json, checked when they are read."""

import json
import platform
import struct
import zipfile
import zlib
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import jsonschema
import keras

from bnnc.runtime.files import whole_file, write_text
from bnnc.runtime.model import BayesianModel
from bnnc.specs import LANGUAGE_VERSION, Spec

MANIFEST_VERSION = 1
MANIFEST = "manifest.json"
MODEL = "model.keras"
SOURCE = "model.py"
_VERSIONED = ("bnnc", "keras", "tensorflow", "tensorflow-probability", "numpy")

Manifest = dict[str, Any]

# What Keras, h5py and zipfile raise for a file that is not what its name says.
_DAMAGED = (
    *(ValueError, TypeError, AttributeError, LookupError, RuntimeError, ImportError, EOFError),
    *(OSError, AssertionError, struct.error, zipfile.BadZipFile, zlib.error),
)


class ArtifactError(Exception):
    """A folder that does not hold a program; the message says what is wrong, and the way out."""


def make_manifest(spec: Spec, plan: dict[str, Any]) -> Manifest:
    """The manifest of a program that has not been trained."""
    return {
        "manifest": MANIFEST_VERSION,
        "language": LANGUAGE_VERSION,
        "fingerprint": spec.fingerprint(),
        "seed": spec.training.seed,
        "spec": spec.model_dump(mode="json"),
        "plan": plan,
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _VERSIONED},
        },
        "trained": None,
    }


def write_program(folder: Path, model: BayesianModel, manifest: Manifest, source: str) -> None:
    """Write the three files into a folder, each whole or not at all, the manifest last."""
    save_model(model, folder / MODEL)
    write_text(folder / SOURCE, source)
    write_manifest(folder, manifest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    manifest = json.loads(json.dumps(manifest))
    jsonschema.validate(manifest, _schema())
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def save_model(model: BayesianModel, path: Path) -> None:
    """Save a model with its optimizer, whole or not at all."""
    with whole_file(path) as temporary:
        model.save(temporary)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder. Raises: ArtifactError if there is none, or it is not right."""
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ArtifactError(
            f"{folder} has no {MANIFEST}: expected a folder that `bnnc build` or `bnnc train` wrote"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path} cannot be read: {error}") from error
    try:
        manifest = json.loads(text)
        jsonschema.validate(manifest, _schema())
    except (json.JSONDecodeError, RecursionError) as error:
        raise ArtifactError(f"{path} is not JSON: {error}") from error
    except jsonschema.ValidationError as error:
        place = "/".join(str(step) for step in error.absolute_path) or "the top"
        raise ArtifactError(
            f"{path} is not a manifest of bnnc, at {place}: {error.message}"
        ) from error
    assert isinstance(manifest, dict)
    return manifest


def read_spec(manifest: Manifest, folder: Path) -> Spec:
    """The spec of a manifest. Raises: ArtifactError if this bnnc does not accept it."""
    try:
        spec = Spec.from_json(json.dumps(manifest["spec"]))
    except ValueError as error:
        raise ArtifactError(
            f"the spec in {folder / MANIFEST} is not one that this bnnc reads: {error}"
        ) from error
    if spec.fingerprint() != manifest["fingerprint"]:
        raise ArtifactError(
            f"the spec in {folder / MANIFEST} was changed: its fingerprint is "
            f"{spec.fingerprint()}, the manifest says {manifest['fingerprint']}. Build it again"
        )
    return spec


def load_model(path: Path) -> BayesianModel:
    """A saved model, in Keras's safe mode. Raises: ArtifactError if it cannot be read."""
    try:
        model = keras.saving.load_model(path, safe_mode=True)
    except _DAMAGED as error:
        message = str(error).strip().splitlines()
        raise ArtifactError(
            f"{path} cannot be loaded as a model: {message[0] if message else error!r}"
        ) from error
    if not isinstance(model, BayesianModel):
        raise ArtifactError(f"{path} holds a {type(model).__name__}, not a model of bnnc")
    return model


def read_source(folder: Path) -> str:
    """The emitted source of a folder. Raises: ArtifactError if there is none."""
    path = folder / SOURCE
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path} cannot be read: {error}. Build the spec again") from error


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("bnnc.runtime").joinpath("manifest.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
