"""Checks that a command runs before it imports TensorFlow, which takes seconds."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bnnc.cli.exit_codes import UserError, refusals
from bnnc.compiler.report import Report
from bnnc.specs import Spec

if TYPE_CHECKING:
    from bnnc.runtime.artifacts import Manifest


def look_at_run(run: Path) -> tuple[Manifest, Spec]:
    """Manifest and spec of a folder that holds a program. Raises: UserError if it holds none."""
    with refusals():
        from bnnc.runtime.artifacts import look_at

        return look_at(run)


def look_at_first_weights(report: Report) -> None:
    """Raise UserError if the run that a spec begins with is not there, or cannot be used."""
    with refusals():
        from bnnc.runtime.runs.initial_run import initial_run

        folder = report.folder_of("training", "initialize_from", "run")
        initial_run(report.accepted(), folder)


def look_at_folder(folder: Path) -> None:
    """Raise UserError if a new folder cannot be made at a path.

    A temporary folder is made, and removed, in the nearest folder that is there: permissions alone
    do not say whether a file system can be written.
    """
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    _write_in(place, folder)


def look_at_file(file: Path) -> None:
    """Raise UserError if no file can be made in the folder of a path."""
    _write_in(file.absolute().parent, file)


def _write_in(place: Path, wanted: Path) -> None:
    try:
        os.rmdir(tempfile.mkdtemp(prefix=".", dir=os.path.realpath(place)))
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{wanted} cannot be written: {place}: {reason}") from None
