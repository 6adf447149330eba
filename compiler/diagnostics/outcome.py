"""The result of checking several files, for every output format."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Severity
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.text.source import is_script_name

STANDARD_INPUT = "<stdin>"

Status = Literal["accepted", "refused", "unreadable"]


@dataclass(frozen=True, slots=True)
class File:
    """A file that was checked, or, with the reason, one that could not be read."""

    name: str
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Files in the order in which they were checked, and all findings in that order.

    `root` is the folder that names of files are shown from where a form asks for that.
    """

    root: Path
    files: tuple[File, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are."""
        return sum(one.severity == severity for one in self.diagnostics)

    @property
    def checked(self) -> str:
        """How many specs and scripts were checked, in words."""
        names = [file.name for file in self.files if file.status != "unreadable"]
        scripts = sum(map(is_script_name, names))
        counts = [counted(scripts, "script")] if scripts else []
        if len(names) > scripts or not scripts:
            counts.insert(0, counted(len(names) - scripts, "spec"))
        return " and ".join(counts)

    def from_root(self, name: str) -> str:
        """The path of a file from the root, or the whole path of one that lies elsewhere."""
        # resolve() would follow links, and name another file than the person did.
        path = Path(os.path.abspath(name))
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()


def valid_unicode(name: str) -> str:
    """A file's name as text that every reader takes, also where it is not UTF-8 on the disk."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
