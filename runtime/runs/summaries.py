"""Find the run folders below a folder, and read how far each is. Imports no TensorFlow."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from bnnc.errors import ArtifactError, RunError
from bnnc.runtime.artifacts import (
    MANIFEST,
    MEMBERS,
    METRICS,
    MODEL,
    SOURCE,
    Manifest,
    has_model,
    look_at,
    member_folders,
    read_manifest,
    read_spec,
)
from bnnc.runtime.metrics_file import read_metrics
from bnnc.specs import Spec
from bnnc.system.locks import is_locked
from bnnc.system.reading import open_file

# A folder with two of these is one of ours; other programs have a manifest.json too.
_OWN = frozenset({MANIFEST, MODEL, SOURCE, METRICS, MEMBERS})
_WEIGHTS, _PROGRESS = "model.weights.h5", "vars/progress"
_MOST_BYTES = 65_536  # of the progress; a training writes some hundred

TRAINED, STOPPED, INTERRUPTED = "trained", "stopped early", "interrupted"
DIVERGED, TRAINING, BUILT, DAMAGED = "diverged", "training", "built", "damaged"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run folder in a line.

    Attributes:
        folder: where it is.
        state: one of `trained`, `stopped early`, `interrupted`, `diverged`, `training` (another
            process trains it now), `built` (never trained), `damaged`.
        name, method, data: of its spec, and what it was trained on.
        members: networks of an ensemble; 1 of others.
        epochs_done, epochs: epochs of all members together that are done, and that were planned.
        when: when its weights were written, in local time, without microseconds.
        metrics: the validation metrics of the last epoch by name; of an ensemble, their means.
        problem: what is wrong with a damaged folder.
    """

    folder: Path
    state: str
    name: str = ""
    method: str = ""
    data: str = ""
    members: int = 1
    epochs_done: int = 0
    epochs: int = 0
    when: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""


def runs_below(folder: Path) -> tuple[RunSummary, ...]:
    """The runs and programs in a folder and below it, in the order of their paths.

    Members of an ensemble, hidden folders and links to folders are not gone into.
    """
    return tuple(summary_of(one) for one in _folders(folder))


def _folders(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        if len(_OWN & {*files, *folders}) > 1:
            folders[:] = [one for one in folders if one != MEMBERS]
            yield Path(place)


def summary_of(folder: Path) -> RunSummary:
    """How far a run is. A folder that cannot be read is `damaged`, with the problem."""
    try:
        return _summary(folder)
    except (ArtifactError, RunError) as error:
        return RunSummary(folder, DAMAGED, problem=str(error))
    except OSError as error:
        return RunSummary(folder, DAMAGED, problem=error.strerror or str(error))


def _summary(folder: Path) -> RunSummary:
    manifest = read_manifest(folder)
    spec = read_spec(manifest, folder)
    members = len(spec.members())
    methods = dict.fromkeys(one.method for one in spec.bayesian_sections.values())
    method = ", ".join(methods) or "none"
    if not has_model(folder, manifest, members):
        return RunSummary(folder, BUILT, spec.name, method, members=members)
    look_at(folder)
    places = member_folders(folder, members) if members > 1 else (folder,)
    progress = [_progress(one / MODEL) for one in places]
    done = [int(one["epochs_done"]) for one in progress]
    trained = manifest["trained"]
    written = max((one / MODEL).stat().st_mtime for one in places)
    return RunSummary(
        folder,
        _state(folder, manifest, spec, progress),
        spec.name,
        method,
        "" if trained is None else str(trained["data"]),
        members,
        sum(done),
        0 if trained is None else members * int(trained["epochs"]),
        datetime.fromtimestamp(written).replace(microsecond=0),
        _last_metrics(read_metrics(folder, *done)),
    )


def _state(
    folder: Path, manifest: Manifest, spec: Spec, progress: Sequence[Mapping[str, Any]]
) -> str:
    if is_locked(folder):
        return TRAINING
    trained = manifest["trained"]
    if trained is None:
        return BUILT
    if "diverged" in manifest:
        return DIVERGED
    stopped = [bool(one.get("watch", {}).get("stopped")) for one in progress]
    over = [one["epochs_done"] >= trained["epochs"] for one in progress]
    if all(over):
        return TRAINED
    return STOPPED if all(map(any, zip(stopped, over, strict=True))) else INTERRUPTED


def _last_metrics(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The validation metrics of the last epoch of each member, and their means over the members."""
    last = {one.get("member", 0): one for one in history}
    names = [name for name in (history[-1] if history else {}) if name.startswith("val_")]
    found = {}
    for name in names:
        values = [one[name] for one in last.values() if isinstance(one.get(name), int | float)]
        if values:
            found[name] = float(np.mean(values))
    return found


def _progress(path: Path) -> Mapping[str, Any]:
    """How far a saved model is trained, without reading its weights. Raises: ArtifactError."""
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            info = archive.getinfo(_WEIGHTS)
            # Keras compresses nothing, so that HDF5 reads the few bytes that it needs.
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError("its weights are compressed")
            with archive.open(info) as weights, h5py.File(weights, "r") as stored:
                found = stored.get(_PROGRESS)
                if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
                    raise ValueError("it does not say how far it is trained")
                if found.dtype != np.uint8 or found.size > _MOST_BYTES:
                    raise ValueError("it does not say how far it is trained")
                progress = json.loads(np.asarray(found).tobytes())
        if not isinstance(progress, dict) or type(progress.get("epochs_done")) is not int:
            raise ValueError("it does not say how far it is trained")
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{path} cannot be read: {error}") from error
    return progress
