"""Programs that predict nothing yet, refused."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from bnnc.cli.endings import UsersError

if TYPE_CHECKING:
    from bnnc.runtime.program import Program


def refuse_untrained(program: Program, run: Path) -> None:
    """Raise UsersError for a program, or a member of an ensemble, that was never trained."""
    untrained = [one for one, member in enumerate(program.members) if not member.trained]
    if not untrained:
        return
    quoted = shlex.quote(str(run))
    if len(untrained) == len(program.members):
        if program.manifest["trained"] is None:
            raise UsersError(f"{run} was built and never trained: `bnnc train {run}` trains it")
        raise UsersError(
            f"{run} was interrupted before its first epoch: `bnnc train --resume {quoted}` goes on"
        )
    first = program.folders(run)[0]
    raise UsersError(
        f"{run} was interrupted before member {untrained[0] + 1} of {len(program.members)} was "
        f"trained: `bnnc train --resume {quoted}` goes on; {first} is a run by itself"
    )
