"""Which files the arguments of a command stand for: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bnnc.cli.endings import UsersError
from bnnc.compiler.diagnostics.wording import harmless

SUFFIXES = (".yaml", ".yml", ".json")

# Folders that tools fill: what lies in them was not written by the person who checks. Hidden ones
# are left out too.
_FILLED_BY_TOOLS = frozenset({"__pycache__", "build", "dist", "env", "node_modules", "venv"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to check; one that was found in a folder counts only if it is a spec."""

    name: str
    is_named: bool

    @property
    def identity(self) -> str:
        """The same for all names of one file."""
        return self.name if self.name == "-" else os.path.realpath(self.name)


def candidates(argument: str) -> list[Candidate]:
    """The files that an argument stands for, in the order of their names.

    A folder stands for the YAML and JSON files in it and below it; a pattern for what it fits, `**`
    for any folders. A name that is there is that file, whatever signs it has.

    Raises: UsersError if there is no such file, or none that the pattern fits.
    """
    if argument != "-" and not os.path.lexists(argument) and glob.has_magic(argument):
        fitting = sorted(glob.glob(argument, recursive=True))
        if not fitting:
            raise UsersError(f"no file fits {harmless(argument)}")
        return [one for name in fitting for one in _of_path(name)]
    return list(_of_path(argument))


def nothing_found(argument: str) -> UsersError:
    """The error for a folder without a spec."""
    return UsersError(
        f"{harmless(argument)} holds no spec: none of its .yaml, .yml and .json files has the key"
        " `bnnc` at its top"
    )


def _of_path(name: str) -> Iterator[Candidate]:
    if name == "-" or not os.path.isdir(name):
        yield Candidate(name, is_named=True)
        return
    for folder, folders, files in os.walk(name):
        folders[:] = sorted(one for one in folders if not _is_passed_over(one))
        for file in sorted(files):
            path = Path(folder, file)
            # A pipe would wait for a writer that never comes.
            is_readable = not file.startswith(".") and path.suffix in SUFFIXES and path.is_file()
            if is_readable:
                yield Candidate(str(path), is_named=False)


def _is_passed_over(folder: str) -> bool:
    return folder.startswith(".") or folder in _FILLED_BY_TOOLS
