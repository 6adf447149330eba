"""Load a program, or an ensemble of programs, from its folder."""

from __future__ import annotations

from pathlib import Path

from bnnc.errors import ArtifactError, IdentityError
from bnnc.runtime.artifacts import (
    MODEL,
    Manifest,
    load_model,
    member_folders,
    read_manifest,
    read_source,
    read_spec,
    refuse_other_identity,
    refuse_other_model,
)
from bnnc.runtime.devices import choose_strategy
from bnnc.runtime.ensemble import EnsembleProgram
from bnnc.runtime.program import Program
from bnnc.runtime.workers import agree_on_spec
from bnnc.specs import Spec


def load(folder: str | Path) -> Program:
    """A program that `save`, `bnnc build` or `bnnc train` wrote.

    Raises: ArtifactError if the folder does not hold one.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        return _load(folder, manifest)
    except IdentityError:
        # Another process may replace the files at this moment; the manifest is the last of them.
        now = read_manifest(folder)
        if now.get("identity") == manifest.get("identity"):
            raise
        return _load(folder, now)


def _load(folder: Path, manifest: Manifest) -> Program:
    spec = read_spec(manifest, folder)
    if len(spec.members()) > 1:
        return _load_ensemble(folder, spec, manifest)
    strategy = choose_strategy()
    agree_on_spec(spec)
    with strategy.scope():
        model = load_model(folder / MODEL)
    refuse_other_model(model, spec, manifest, folder)
    refuse_other_identity(model, manifest, folder)
    return Program(spec, [model], manifest, read_source(folder), strategy)


def _load_ensemble(folder: Path, spec: Spec, manifest: Manifest) -> EnsembleProgram:
    """The ensemble of a folder whose manifest was read. Raises: ArtifactError."""
    specs = spec.members()
    members = [load(place) for place in member_folders(folder, len(specs))]
    for place, member, wanted in zip(
        member_folders(folder, len(specs)), members, specs, strict=True
    ):
        if member.spec.fingerprint() != wanted.fingerprint():
            raise ArtifactError(
                f"{place} is no member of the ensemble in {folder}: its spec is another one. "
                "Files of two programs lie in one folder: copy again those that belong together, "
                "or build the spec again"
            )
        if member.manifest.get("identity") != manifest.get("identity"):
            raise IdentityError(
                f"{place} is no member of the ensemble in {folder}: it is of another run. Copy "
                "again the members that belong together, or build or train the spec again"
            )
    return EnsembleProgram(spec, members, manifest, read_source(folder))
