"""Write and read the files of a program: model.keras, model.py and manifest.json.

TensorFlow is imported when a model is loaded, and not for a manifest.
"""

from __future__ import annotations

import json
import math
import platform
import uuid
import warnings
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from bnnc.errors import ArtifactError, IdentityError, RunError
from bnnc.runtime.versions import installed_versions
from bnnc.runtime.workers import count as count_workers
from bnnc.specs import LANGUAGE_VERSION, Spec
from bnnc.system.reading import open_file, read_text
from bnnc.system.writing import locked, whole_file, whole_folder, write_text

if TYPE_CHECKING:
    from bnnc.runtime.model import BayesianModel

MANIFEST_VERSION = 1
MANIFEST = "manifest.json"
MODEL = "model.keras"
SOURCE = "model.py"
MEMBERS = "members"
METRICS = "metrics.jsonl"  # of a run
# What a program writes: nothing else in a folder is ours to replace.
WRITTEN = frozenset({MANIFEST, MODEL, SOURCE, MEMBERS})

Manifest = dict[str, Any]

_AGAIN = "Copy the folder again from where it came from, or build or train the spec again"


def new_identity() -> str:
    """A random name for what is written together: 32 hexadecimal digits.

    It is in the manifest and in model.keras of a folder, and of every member of an ensemble, so
    that the files of two runs are never taken for one program. It is no part of the fingerprint.
    """
    return uuid.uuid4().hex


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
            **installed_versions(),
        },
        "trained": None,
    }


def write_program(folder: Path, model: BayesianModel, manifest: Manifest, source: str) -> None:
    """Write the three files into a folder, each whole or not at all, the manifest last."""
    save_model(model, folder / MODEL, manifest["identity"])
    write_source(folder, source)
    write_manifest(folder, manifest)


def write_without_model(folder: Path, manifest: Manifest, source: str) -> None:
    """Write model.py and manifest.json of a program as a folder, without TensorFlow.

    Raises: OutputError if something else stands there, or the place cannot be written.
    """
    manifest["identity"] = new_identity()
    with whole_folder(folder, replaces=MANIFEST, last=MANIFEST, ours=WRITTEN) as temporary:
        write_source(temporary, source)
        write_manifest(temporary, manifest)


def member_folders(folder: Path, members: int) -> tuple[Path, ...]:
    """Where the members of an ensemble lie, each a program by itself."""
    return tuple(folder / MEMBERS / str(number) for number in range(members))


def write_source(folder: Path, source: str) -> None:
    """Write the emitted source, whole or not at all."""
    write_text(folder / SOURCE, source)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    manifest = json.loads(json.dumps(manifest))
    _validate(manifest)
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def save_model(model: BayesianModel, path: Path, identity: str | None) -> None:
    """Save a model with its optimizer and its identity, whole or not at all."""
    model.identity = identity
    with whole_file(path) as temporary:
        if count_workers() == 1:
            model.save(temporary)
            return
        # Keras makes variables while it saves, which the strategy of the workers would make on all
        # of them. In a thread of its own there is no strategy.
        with ThreadPoolExecutor(max_workers=1) as executor:
            executor.submit(model.save, temporary).result()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder. Raises: ArtifactError if there is none, or it is not right."""
    path = folder / MANIFEST
    wanted = "expected a folder that `bnnc build` or `bnnc train` wrote"
    shown = "the current folder (.)" if folder == Path() else str(folder)
    if not folder.exists():
        raise ArtifactError(f"{shown} does not exist: {wanted}")
    if not folder.is_dir():
        raise ArtifactError(f"{shown} is a file: {wanted}")
    try:
        text = read_text(path)
    except FileNotFoundError:
        if (folder / MEMBERS).is_dir():
            raise ArtifactError(
                f"{shown} holds members of an ensemble that are not gathered yet: `bnnc gather "
                f"{folder}` says which are missing"
            ) from None
        raise ArtifactError(f"{shown} has no {MANIFEST}: {wanted}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArtifactError(f"{path} cannot be read: {reason}") from error
    try:
        manifest = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        _validate(manifest)
    # A ValueError is also that of a number with thousands of digits.
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path} is not JSON: {error}. It was cut short or changed: {_AGAIN}"
        ) from error
    except jsonschema.ValidationError as error:
        place = "/".join(str(step) for step in error.absolute_path) or "the top"
        raise ArtifactError(
            f"{path} is not a manifest of bnnc, at {place}: {_shortened(error.message)}"
        ) from error
    assert isinstance(manifest, dict)
    return manifest


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


def _shortened(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]} ... {text[-limit // 2 :]}"


def _is_int(checker: Any, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# JSON Schema takes 3.0 for an integer; Python's `range` does not.
_StrictValidator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_int),
)


def read_spec(manifest: Manifest, folder: Path) -> Spec:
    """The spec of a manifest. Raises: ArtifactError if this bnnc does not accept it."""
    try:
        spec = Spec.from_json(json.dumps(manifest["spec"]))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"the spec in {folder / MANIFEST} is not one that this bnnc reads: {error}"
        ) from error
    if spec.fingerprint() != manifest["fingerprint"]:
        raise ArtifactError(
            f"the spec in {folder / MANIFEST} was changed: its fingerprint is "
            f"{spec.fingerprint()}, the manifest says {manifest['fingerprint']}. Build it again"
        )
    return spec


def _reason(error: Exception) -> str:
    """The first line of an error's message that says what is wrong."""
    message = str(error.args[0]) if len(error.args) == 1 else str(error)
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # Keras counts the objects that it cannot load, and has the error of one of them below.
    if len(lines) > 1 and "Example error message" in lines[0]:
        return lines[1]
    return lines[0] if lines else repr(error)


def load_model(path: Path) -> BayesianModel:
    """A saved model, which reads no other file. Raises: ArtifactError if it cannot be read."""
    refuse_missing_model(path)
    import keras

    # With every class that a model may have, which Keras must know.
    from bnnc.runtime.names import BayesianModel
    from bnnc.runtime.saved_model import refuse_unsafe_model

    try:
        with open_file(path) as file:
            # Keras would say of a damaged file that it was not found.
            if not zipfile.is_zipfile(file):
                raise ArtifactError(
                    f"{path} cannot be loaded as a model: its {path.stat().st_size:,} bytes are no "
                    f"Keras archive, or only a part of one. {_AGAIN}"
                )
            refuse_unsafe_model(file)
        with warnings.catch_warnings():
            # Keras goes on without them, and a resumed training would end in other weights.
            warnings.filterwarnings("error", message="Skipping variable loading for optimizer")
            model = keras.saving.load_model(path, safe_mode=True)
    except (ArtifactError, MemoryError):
        raise
    except UserWarning as warning:
        raise ArtifactError(
            f"{path} cannot be loaded as a model: variables of its optimizer are missing. {_AGAIN}"
        ) from warning
    except Exception as error:  # Keras, h5py and zipfile raise what they meet in a damaged file
        raise ArtifactError(f"{path} cannot be loaded as a model: {_reason(error)}") from error
    if not isinstance(model, BayesianModel):
        raise ArtifactError(f"{path} holds a {type(model).__name__}, not a model of bnnc")
    if getattr(model, "optimizer", None) is None:
        raise ArtifactError(
            f"{path} cannot be loaded as a model: it has no optimizer, so it was changed. {_AGAIN}"
        )
    return model


def has_model(folder: Path, manifest: Manifest, members: int) -> bool:
    """Whether a program has its models; what was built without TensorFlow has none."""
    is_there = (folder / (MODEL if members == 1 else MEMBERS)).exists()
    return is_there or manifest["trained"] is not None


def look_at(folder: Path) -> tuple[Manifest, Spec]:
    """Manifest and spec of a program whose files are all there; its models are not loaded.

    Raises: ArtifactError as `load`, as far as it can be seen without TensorFlow.
    """
    manifest = read_manifest(folder)
    spec = read_spec(manifest, folder)
    members = len(spec.members())
    if not has_model(folder, manifest, members):
        raise ArtifactError(
            f"{folder} has no model: it was built where TensorFlow is not installed, or {MODEL} "
            "was removed. Build or train the spec again where TensorFlow is installed"
        )
    for place in member_folders(folder, members) if members > 1 else (folder,):
        if place != folder:
            read_manifest(place)
        refuse_missing_model(place / MODEL)
    read_source(folder)
    return manifest, spec


def refuse_existing_run(folder: Path) -> None:
    """Raise RunError if there is a program in the folder of a new run."""
    if (folder / MANIFEST).exists():
        with locked(folder):  # where another process trains there, that is what to say
            raise RunError(
                f"{folder} holds a run already: choose another folder with `--run`, or continue "
                f"that run, if it was interrupted, with `bnnc train --resume {folder}`"
            )


def refuse_missing_model(path: Path) -> None:
    """Raise ArtifactError if there is no saved model at a path."""
    if not path.exists():
        raise ArtifactError(f"{path} cannot be loaded as a model: it is missing. {_AGAIN}")


def refuse_other_identity(model: BayesianModel, manifest: Manifest, folder: Path) -> None:
    """Raise IdentityError if the model was not written together with the manifest.

    Programs of earlier versions have no identity in either, and are taken as they are.
    """
    if model.identity != manifest.get("identity"):
        raise IdentityError(
            f"{folder / MODEL} and {folder / MANIFEST} are not of one run. Files of two runs lie "
            "in one folder, or a kill ended the process that replaced them: copy again those that "
            "belong together, or build or train the spec again"
        )


def refuse_other_model(model: BayesianModel, spec: Spec, manifest: Manifest, folder: Path) -> None:
    """Raise IdentityError if the model is not the one that the manifest beside it describes."""
    # Keras orders layers by their distance to the output, the plan as the spec says them.
    places = {node["name"]: place for place, node in enumerate(manifest["plan"]["nodes"])}
    there = [
        _described(layer.name, type(layer).__name__, layer.output.shape[1:])
        for layer in sorted(model.layers, key=lambda one: places.get(one.name, len(places)))
    ]
    planned = [
        _described(node["name"], _class_name(node["keras_class"]), node["output_shape"])
        for node in manifest["plan"]["nodes"]
    ]
    there.append(f"the distribution `{model.objective.output.distribution_name}`")
    planned.append(f"the distribution `{spec.output.distribution}`")
    methods = {layer.estimator for layer in model.layers if hasattr(layer, "estimator")}
    if methods:
        there.append("the method " + ", ".join(f"`{one}`" for one in sorted(methods)))
        said = {
            one.method
            for one in spec.bayesian_sections.values()
            if one.applied_method.posterior_of_kernel
        }
        planned.append("the method " + ", ".join(f"`{one}`" for one in sorted(said)))
    unlike = next((pair for pair in zip_longest(there, planned) if pair[0] != pair[1]), None)
    if unlike is None:
        return
    has, says = (one or "nothing more" for one in unlike)
    raise IdentityError(
        f"{folder / MODEL} is not the model of {folder / MANIFEST}: it has {has}, where the "
        f"manifest has {says}. Files of two programs lie in one folder: copy again those that "
        "belong together, or build the spec again"
    )


def _described(name: str, class_name: str, shape: Sequence[int]) -> str:
    return f"the {class_name} `{name}` of shape {list(shape)}"


def _class_name(keras_class: str) -> str:
    return "InputLayer" if keras_class == "keras.Input" else keras_class.rpartition(".")[2]


def read_source(folder: Path) -> str:
    """The emitted source of a folder. Raises: ArtifactError if there is none."""
    path = folder / SOURCE
    try:
        return read_text(path)
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing. {_AGAIN}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ArtifactError(f"{path} cannot be read: {reason}. {_AGAIN}") from error


@cache
def manifest_validator() -> Any:
    """The validator of manifests; `jsonschema.validate` would check the schema itself each time."""
    text = resources.files("bnnc.runtime").joinpath("manifest.schema.json").read_text("utf-8")
    return _StrictValidator(json.loads(text))


def _validate(manifest: Any) -> None:
    error = jsonschema.exceptions.best_match(manifest_validator().iter_errors(manifest))
    if error is not None:
        raise error
