"""Members of an ensemble that are trained by themselves, and gathered into one run.

A member lies where it lies in the run of the whole ensemble, `RUN/members/N`, with a `metrics.jsonl`
of its own. Its manifest says of which ensemble it is. No process needs another one: what members of
one ensemble share, their identity, is a function of the spec, the data and the length of the
training. Gathering compares all of it, and writes the files of the ensemble. Imports no TensorFlow.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnnc.errors import ArtifactError, RunError
from bnnc.runtime.artifacts import (
    MANIFEST,
    MEMBERS,
    METRICS,
    Manifest,
    make_manifest,
    member_folders,
    read_manifest,
    read_spec,
    write_manifest,
    write_source,
)
from bnnc.runtime.metrics_file import read_metrics
from bnnc.runtime.runs.summaries import DAMAGED, DIVERGED, STOPPED, TRAINED, summary_of
from bnnc.specs import Spec
from bnnc.system.locks import is_locked
from bnnc.system.writing import locked, remove_leftovers, write_text

# What two members of one ensemble have in common, and how a difference is called.
_SHARED = {
    "spec": "its spec is another one",
    "digest": "its data is other data",
    "rows": "its data has another number of rows",
    "validation_rows": "other rows are held out",
    "epochs": "its training has another number of epochs",
    "batch_size": "its batches have another size",
}
# Versions that may change the bits of the weights.
_NUMERIC = ("bnnc", "keras", "tensorflow", "tensorflow-probability")
_ALL = 10**9  # more epochs than a training has

Shared = Mapping[str, Any]


def member_record(spec: Spec, number: int, command: Sequence[str]) -> dict[str, Any]:
    """What the manifest of a member says of its ensemble.

    Args:
        spec: the spec of the ensemble.
        number: the member, counted from 0.
        command: the command line that trains it, without `bnnc` and without the member.
    """
    assert spec.ensemble is not None
    return {
        "number": number,
        "seed": spec.training.seed,
        "ensemble": spec.ensemble.model_dump(mode="json"),
        "command": list(command),
    }


def ensemble_spec(spec: Spec, record: Mapping[str, Any]) -> Spec:
    """The spec of the ensemble, of the spec of one member and its record."""
    value = spec.model_dump(mode="json")
    value["ensemble"] = record["ensemble"]
    value["training"]["seed"] = record["seed"]
    return Spec.from_json(json.dumps(value))


def shared_by_members(spec: Spec, trained: Mapping[str, Any]) -> Shared:
    """What all members of an ensemble have in common: its spec, its data, its length.

    Args:
        spec: the spec of the ensemble.
        trained: what a manifest says of the training.
    """
    numbers = {name: trained.get(name) for name in _SHARED if name != "spec"}
    return {"spec": spec.fingerprint(), **numbers}


def identity_of(shared: Shared) -> str:
    """The identity of all members that have this in common: 32 hexadecimal digits.

    It is not random, as members may be trained on machines that share no disk. Members with the
    same identity and number have the same weights.
    """
    text = json.dumps(dict(shared), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def difference(one: Shared, other: Shared) -> str | None:
    """How the first differs from the other, as the end of a sentence; None if it does not."""
    return next((said for name, said in _SHARED.items() if one[name] != other[name]), None)


@dataclass(frozen=True)
class Member:
    """A member that was trained by itself, or within a run that is there already.

    Attributes:
        number: counted from 0.
        folder: where it lies.
        manifest: its manifest.
        spec: the spec of its ensemble.
    """

    number: int
    folder: Path
    manifest: Manifest
    spec: Spec

    @property
    def shared(self) -> Shared:
        """What it has in common with the other members. Raises: ArtifactError."""
        trained = self.manifest["trained"]
        if trained is None:
            raise ArtifactError(f"{self.folder} was built, not trained")
        return shared_by_members(self.spec, trained)


def read_member(run: Path, number: int) -> Member | None:
    """A member of a run; None if there is none. Raises: ArtifactError if its files are not right."""
    folder = run / MEMBERS / str(number)
    if not (folder / MANIFEST).is_file():
        return None
    manifest = read_manifest(folder)
    spec = read_spec(manifest, folder)
    record = manifest.get("member")
    if record is not None:
        if record["number"] != number:
            raise ArtifactError(f"{folder} holds member {record['number']} of its ensemble")
        whole = ensemble_spec(spec, record)
    elif (run / MANIFEST).is_file():
        whole = read_spec(read_manifest(run), run)
    else:
        raise ArtifactError(f"{folder} is no member that `bnnc train --member` wrote")
    members = whole.members()
    if number >= len(members) or members[number].fingerprint() != spec.fingerprint():
        raise ArtifactError(f"{folder} is not member {number} of its ensemble: its spec is another")
    return Member(number, folder, manifest, whole)


def member_numbers(run: Path) -> tuple[int, ...]:
    """The numbers of the members that lie in a run."""
    found = (run / MEMBERS).glob(f"*/{MANIFEST}")
    return tuple(sorted(int(one.parent.name) for one in found if one.parent.name.isdecimal()))


def refuse_stranger(run: Path, number: int, shared: Shared) -> str:
    """The identity of the members of a run, for one that is to be trained next to them.

    Raises: RunError if those that are there, or the run itself, are of another ensemble.
    """
    if (run / MANIFEST).is_file():
        manifest = read_manifest(run)
        spec = read_spec(manifest, run)
        if manifest["trained"] is None or len(spec.members()) == 1:
            raise RunError(f"{run} holds a program that is no run of an ensemble: name another one")
        reason = difference(shared, shared_by_members(spec, manifest["trained"]))
        if reason is not None:
            raise RunError(f"member {number} is not one of the ensemble in {run}: {reason}")
        return str(manifest.get("identity") or identity_of(shared))
    for other in member_numbers(run):
        member = read_member(run, other) if other != number else None
        reason = None if member is None else difference(shared, member.shared)
        if member is not None and reason is not None:
            raise RunError(
                f"member {number} is not of one ensemble with {member.folder}: {reason}. Train it "
                "as the others were trained, or into another folder"
            )
    return identity_of(shared)


@dataclass(frozen=True)
class Gathered:
    """The members of an ensemble, all there and all trained.

    Attributes:
        run: the folder of the run.
        spec: the spec of the ensemble.
        members: every member in order.
        notes: what a person should know of how they differ, a sentence each.
    """

    run: Path
    spec: Spec
    members: tuple[Member, ...]
    notes: tuple[str, ...]


def look_at_members(run: Path) -> Gathered:
    """All members of a run, compared with each other.

    Raises: RunError that names every member that is missing, has not ended or is of another
        ensemble, with the command that trains it.
    """
    numbers = member_numbers(run)
    if not numbers:
        raise RunError(
            f"{run} holds no members of an ensemble: train them with `bnnc train SPEC --member 0 "
            f"--run {shlex.quote(str(run))}`, and so on"
        )
    problems: dict[int, str] = {}
    found: dict[int, Member] = {}
    for number in numbers:
        try:
            member = read_member(run, number)
            if member is not None:
                member.shared  # noqa: B018 - raises for one that was only built
                found[number] = member
        except ArtifactError as error:
            problems[number] = str(error)
    if not found:
        raise RunError("; ".join(problems.values()))
    wanted, spec = _most_common(run, found)
    for number in range(len(spec.members())):
        if number not in problems:
            problem = _problem(run, number, found.get(number), wanted)
            if problem is not None:
                problems[number] = problem
    for number in set(found) - set(range(len(spec.members()))):
        problems[number] = f"{found[number].folder} is one too many: move it away"
    if problems:
        command = _command(run, next(iter(found.values())))
        said = [
            f"{problem}\n\n    {command} --member {number}"
            for number, problem in sorted(problems.items())
        ]
        raise RunError("\n\n".join([f"{run} cannot be gathered:", *said]))
    members = tuple(found[number] for number in range(len(spec.members())))
    return Gathered(run, spec, members, _of_versions(members))


def _most_common(run: Path, found: Mapping[int, Member]) -> tuple[Shared, Spec]:
    """What the members of a run should have in common: what the run says, or most of them have."""
    if (run / MANIFEST).is_file():
        manifest = read_manifest(run)
        spec = read_spec(manifest, run)
        if manifest["trained"] is not None:
            return shared_by_members(spec, manifest["trained"]), spec
    counted = Counter(identity_of(one.shared) for one in found.values())
    identity = counted.most_common(1)[0][0]
    one = next(one for one in found.values() if identity_of(one.shared) == identity)
    return one.shared, one.spec


def _problem(run: Path, number: int, member: Member | None, wanted: Shared) -> str | None:
    """Why a member cannot be gathered; None if it can."""
    if member is None:
        return f"{run / MEMBERS / str(number)} is missing; train it with:"
    reason = difference(member.shared, wanted)
    if reason is not None:
        return (
            f"{member.folder} is of another ensemble: {reason}. Move it away, and train the member "
            "with:"
        )
    identity = _identity(run, wanted)
    if member.manifest.get("identity") != identity:
        return f"{member.folder} is of another run. Move it away, and train the member with:"
    summary = summary_of(member.folder)
    if summary.state in (TRAINED, STOPPED):
        return None
    if summary.state == DAMAGED:
        return f"{summary.problem}. Move the folder away, and train the member with:"
    if summary.state == DIVERGED:
        return f"{member.folder} diverged: its loss was not finite. `bnnc doctor` looks for the cause in it:"
    if is_locked(member.folder):
        return f"{member.folder} is being trained now. Should that end, continue it with:"
    return (
        f"{member.folder} has had {summary.epochs_done} of {summary.epochs} epochs; continue it "
        "with:"
    )


def _identity(run: Path, shared: Shared) -> str:
    if (run / MANIFEST).is_file():
        return str(read_manifest(run).get("identity"))
    return identity_of(shared)


def _command(run: Path, member: Member) -> str:
    """The command line that trains a member of a run, without its number."""
    record = member.manifest.get("member")
    if record is None:
        return f"bnnc train --resume {shlex.quote(str(run))}"
    return shlex.join(["bnnc", *record["command"], "--run", str(run)])


def _of_versions(members: Sequence[Member]) -> tuple[str, ...]:
    """How the versions differ that members were trained with, a sentence for each library."""
    notes = []
    for name in _NUMERIC:
        versions: dict[str, list[int]] = {}
        for one in members:
            versions.setdefault(one.manifest["versions"].get(name, "unknown"), []).append(
                one.number
            )
        if len(versions) > 1:
            said = "; ".join(
                f"{version} (members {', '.join(map(str, numbers))})"
                for version, numbers in versions.items()
            )
            notes.append(f"the members were trained with several versions of {name}: {said}")
    return tuple(notes)


def write_ensemble(gathered: Gathered, plan: dict[str, Any], source: str) -> None:
    """Write the files of the ensemble: metrics, source, and the manifest last.

    Args:
        gathered: its members.
        plan: the plan of the ensemble as plain values.
        source: the emitted `model.py`.

    Raises: OutputError if a member is being trained, or the folder cannot be written.
    """
    run, members, first = gathered.run, gathered.members, gathered.members[0].manifest
    manifest: Manifest = {
        **make_manifest(gathered.spec, plan),
        **{key: first[key] for key in ("folder", "file", "versions", "identity") if key in first},
        "trained": first["trained"],
        "members": [one.spec.members()[one.number].training.seed for one in members],
    }
    remove_leftovers(run / MEMBERS)
    with locked(run, *(one.folder for one in members)):
        is_there = (run / MANIFEST).is_file()
        merge_metrics(run, gathered.spec)
        if not is_there:
            write_source(run, source)
            write_manifest(run, manifest)


def merge_metrics(run: Path, spec: Spec) -> None:
    """Take the metrics of members that were trained by themselves into those of the run.

    A member's own file counts over what the run has of it, and is removed at the end.
    """
    folders = member_folders(run, len(spec.members()))
    own = {number: one / METRICS for number, one in enumerate(folders) if (one / METRICS).exists()}
    if not own:
        return
    there = read_metrics(run, *[_ALL] * len(folders))
    history = [line for line in there if line.get("member", 0) not in own]
    for number, path in own.items():
        lines = read_metrics(path.parent, _ALL)
        history += [{"member": number} | line for line in lines]
    history.sort(key=lambda line: line.get("member", 0))  # the epochs of each stay in order
    write_text(run / METRICS, "".join(json.dumps(line) + "\n" for line in history))
    for path in own.values():
        path.unlink()


def split_metrics(run: Path, number: int, members: int) -> None:
    """Give a member of a run the metrics that the run has of it, where it has none of its own."""
    place = run / MEMBERS / str(number) / METRICS
    if place.exists():
        return
    history = read_metrics(run, *[_ALL] * members)
    lines = [
        {key: value for key, value in line.items() if key != "member"}
        for line in history
        if line.get("member", 0) == number
    ]
    write_text(place, "".join(json.dumps(line) + "\n" for line in lines))
