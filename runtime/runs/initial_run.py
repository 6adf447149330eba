"""Which run the weights of a training begin with. Imports no TensorFlow."""

from pathlib import Path

from bnnc.errors import ArtifactError
from bnnc.runtime.artifacts import look_at, member_folders
from bnnc.specs.spec import Spec


def initial_run(spec: Spec, folder: str | None, member: int = 0) -> str | None:
    """The run that a network begins with, relative to `folder`; None if it begins at random.

    Args:
        spec: the spec, of the whole ensemble if it has one.
        folder: what `training.initialize_from.run` is relative to.
        member: number of the network in its ensemble.

    Raises: ArtifactError if there is no such run, or it is an ensemble of another size.
    """
    section = spec.training.initialize_from
    if section is None:
        return None
    path = Path(folder or "") / section.run
    try:
        theirs = len(look_at(path)[1].members())
    except ArtifactError as error:
        raise ArtifactError(f"the run of `training.initialize_from`: {error}") from error
    ours = len(spec.members())
    if not section.per_member:
        if theirs > 1:
            raise ArtifactError(
                f"{path} is an ensemble: write one of its members as "
                f"`training.initialize_from.run`, such as {member_folders(path, theirs)[0]}, or "
                f"`ensemble: {{members: {theirs}}}` and `per_member: true`"
            )
        return section.run
    if theirs != ours:
        is_of = f"an ensemble of {theirs} members" if theirs > 1 else "a single network"
        raise ArtifactError(
            f"{path} is {is_of}, and this spec has {ours} members: with `per_member: true` each of "
            "them begins with the member of the run that has its number"
        )
    return str(member_folders(Path(section.run), theirs)[member])
