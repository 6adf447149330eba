"""Read the files that specs extend, each once a call."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading.reader import read, read_bytes
from bnnc.compiler.text.limits import MAX_BYTES
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping
from bnnc.system.reading import read_beginning

_NEAR = 10_000  # names of a folder that are looked through for one like a missing one


@dataclass(frozen=True, slots=True)
class File:
    """A text that was read, as far as it could be, with what was found on the way.

    `identity` is the same for all names of one file; None for a text that is in no file.
    """

    identity: str | None
    source: Source
    tree: Mapping | None
    findings: tuple[Diagnostic, ...]

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return len(self.source.text.encode("utf-8", "surrogatepass"))


def read_file(name: str) -> File:
    """The file of a path as it is shown. Raises: OSError, NotAFileError among them."""
    # A little more than a text may have: what reports the size need not read the whole.
    source, findings = read_bytes(name, read_beginning(name, MAX_BYTES + 1024))
    if any(one.severity == "error" for one in findings):
        return File(identity(source), source, None, findings)
    tree, more = read(source)
    return File(identity(source), source, tree, (*findings, *more))


def identity(source: Source) -> str | None:
    """Key that is the same for all names of one file."""
    return os.path.realpath(source.name) if source.is_file else None


def path_from(folder: str, name: str) -> str:
    """The path of a file named in a text of a folder, without steps that lead back."""
    path = os.path.join(folder, name)
    if "\0" in path:  # no file is called so, and Python's functions refuse to look
        return path
    short = os.path.normpath(path)
    # `link/..` is not the folder that the link stands in.
    return short if os.path.realpath(short) == os.path.realpath(path) else path


def near_names(path: str, own: str) -> list[str]:
    """Names in a missing file's folder that may have been meant; never `own`, which names it."""
    from difflib import get_close_matches
    from itertools import islice

    folder, missing = os.path.split(path)
    try:
        with os.scandir(folder or os.curdir) as entries:
            names = [entry.name for entry in islice(entries, _NEAR)]
    except (OSError, ValueError):
        return []
    specs = sorted(name for name in names if name.endswith((".yaml", ".yml", ".json")))
    specs = [name for name in specs if os.path.join(folder, name) != own]
    same = [name for name in specs if os.path.splitext(name)[0] == os.path.splitext(missing)[0]]
    return list(dict.fromkeys([*same, *get_close_matches(missing, specs, n=3)]))[:3]
