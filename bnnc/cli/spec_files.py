"""Find the spec files that arguments name: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bnnc.cli.exit_codes import UserError
from bnnc.printable import harmless

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

    Raises: UserError if there is no such file, or none that the pattern fits.
    """
    if argument != "-" and not os.path.lexists(argument) and glob.has_magic(argument):
        fitting = sorted({name for name in _fitting(argument) if not _may_wait(name)})
        if not fitting:
            raise UserError(f"no file matches {harmless(argument)}")
        return [one for name in fitting for one in _of_path(name)]
    return list(_of_path(argument))


def _fitting(pattern: str) -> Iterator[str]:
    """What a pattern fits. Its `**` does not follow links: two that lead back to the folder they
    lie in would make 2**40 paths of it before the system stops one.
    """
    head, recursive, tail = _split_at_any_folders(pattern)
    if not recursive:
        yield from glob.glob(pattern)
        return
    for base in glob.glob(head) if head else ["."]:
        for folder, folders, _ in os.walk(base):
            folders[:] = [one for one in folders if not one.startswith(".")]
            inside = "" if folder == "." and not head else folder.removeprefix("./" * (not head))
            yield from _fitting(os.path.join(glob.escape(inside), tail or "*"))


def _split_at_any_folders(pattern: str) -> tuple[str, bool, str]:
    """The parts of a pattern before and after its first `**`, and whether there is one."""
    parts = pattern.split(os.sep)
    if "**" not in parts:
        return pattern, False, ""
    index = parts.index("**")
    behind = index + 1
    while parts[behind : behind + 1] == ["**"]:
        behind += 1
    head = os.sep.join(parts[:index])
    return head or (os.sep if index else ""), True, os.sep.join(parts[behind:])


def _may_wait(name: str) -> bool:
    """Whether reading it may never end: a pipe, a socket or a device, which nobody named."""
    return os.path.exists(name) and not (os.path.isfile(name) or os.path.isdir(name))


def nothing_found(argument: str) -> UserError:
    """The error for a folder without a spec."""
    return UserError(
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
