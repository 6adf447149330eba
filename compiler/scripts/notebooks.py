"""The code cells of a Jupyter notebook.

References: https://nbformat.readthedocs.io/en/latest/format_description.html (nbformat 4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bnnc.compiler.text.source import Source, Span

MAX_SCRIPT = 200_000
"""Characters of a script that is read: Python's parser takes seconds for longer ones."""

_MAX_CELLS = 10_000
_UPGRADE = "`jupyter nbconvert --to notebook FILE` writes the present form"
# Cell magics whose cell is still Python; the others are text, or code of another language.
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "pypy"})
_CELL_MAGIC = re.compile(r"\s*%%(\w*)[^\n]*")
_LINE_MAGIC = re.compile(r"^([ \t]*)(?:[%!?][^\n]*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
_ASSIGNED_MAGIC = re.compile(r"^([ \t]*[\w.\[\], ]+=[ \t]*)[%!][^\n]*$", re.MULTILINE)


class NotebookError(ValueError):
    """A file that is no notebook, or one that is not read; `span` is its place."""

    def __init__(self, reason: str, source: Source) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = Span(source, 0, 0)


def code_cells(source: Source) -> tuple[Source, ...]:
    """The code cells of a notebook, each a source of its own, numbered among all cells from 1.

    Raises: NotebookError if it is no notebook of nbformat 4 in Python.
    """
    try:
        notebook = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be read"
        raise NotebookError(f"this is not JSON: {problem}", source) from None
    if not isinstance(notebook, dict):
        raise NotebookError("expected a JSON object with the key `cells`", source)
    if "worksheets" in notebook or notebook.get("nbformat") in (1, 2, 3):
        raise NotebookError(f"it is a notebook of an old form; {_UPGRADE}", source)
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise NotebookError("expected a list of cells under the key `cells`", source)
    if len(cells) > _MAX_CELLS:
        raise NotebookError(f"it has more than {_MAX_CELLS:,} cells, which are not read", source)
    language = _language(notebook.get("metadata"))
    if language is not None and language.lower() not in ("python", "ipython"):
        raise NotebookError("its cells are not in Python", source)
    return tuple(_of_python(cells, source))


def _language(metadata: object) -> str | None:
    """The language of a notebook, as its metadata say it; None if they do not."""
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        section = metadata.get(key) if isinstance(metadata, dict) else None
        value = section.get(name) if isinstance(section, dict) else None
        if isinstance(value, str):
            return value
    return None


def _of_python(cells: list[Any], source: Source) -> Iterator[Source]:
    characters = 0
    for number, cell in enumerate(cells, 1):
        kind = cell.get("cell_type") if isinstance(cell, dict) else None
        if not isinstance(kind, str):
            raise NotebookError(f"cell {number} has no `cell_type`", source)
        if kind != "code":
            continue
        lines = cell.get("source")
        if isinstance(lines, list) and all(isinstance(one, str) for one in lines):
            lines = "".join(lines)
        if not isinstance(lines, str):
            raise NotebookError(f"the `source` of cell {number} is not text", source)
        characters += len(lines)
        if characters > MAX_SCRIPT:
            reason = f"its code has more than {MAX_SCRIPT:,} characters, which are not read"
            raise NotebookError(reason, source)
        magic = _CELL_MAGIC.match(lines)
        if magic is None or magic[1] in _PYTHON_CELLS:
            yield Source(source.name, lines, source.folder, source.is_shown, number)


def without_magics(text: str) -> str:
    """A cell whose lines of IPython are replaced by lines of Python that do nothing.

    Lines keep their numbers, and all others their columns.
    """
    magic = _CELL_MAGIC.match(text)
    if magic is not None:
        text = "\n" * magic[0].count("\n") + "pass" + text[magic.end() :]
    text = _LINE_MAGIC.sub(r"\1pass", text)
    return _ASSIGNED_MAGIC.sub(r"\1_of_ipython()", text)
