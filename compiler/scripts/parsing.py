"""The syntax tree of a script, or of all code cells of a notebook, with the place of each line."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass

from bnnc.compiler.scripts.notebooks import code_cells, without_magics
from bnnc.compiler.text.source import Source, is_notebook

_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(frozen=True, slots=True)
class Code:
    """Statements of one or several sources; lines are counted through all of them.

    Attributes:
        tree: the statements of all sources that Python can parse.
        parts: the sources, each with the number of lines before it.
        errors: a cell that Python cannot parse, and why.
    """

    tree: ast.Module
    parts: tuple[tuple[int, Source], ...]
    errors: tuple[tuple[Source, SyntaxError], ...] = ()

    @property
    def text(self) -> str:
        """The text of all sources."""
        return "\n".join(source.text for _, source in self.parts)

    def part_of(self, line: int) -> tuple[int, Source]:
        """The source of a line, and the number of lines before it."""
        starts = [start for start, _ in self.parts]
        return self.parts[max(bisect_right(starts, line - 1) - 1, 0)]


def code_of(source: Source) -> Code:
    """Parse a script or a notebook.

    Raises: SyntaxError if a script is not Python; NotebookError if a notebook cannot be read.
    """
    if not is_notebook(source):
        return Code(ast.parse(source.text), ((0, source),))
    tree = ast.Module([], [])
    parts: list[tuple[int, Source]] = []
    errors: list[tuple[Source, SyntaxError]] = []
    start = 0
    for cell in code_cells(source):
        parts.append((start, cell))
        try:
            inner = _parsed(cell.text)
        except SyntaxError as error:
            errors.append((cell, error))
        else:
            tree.body += ast.increment_lineno(inner, start).body
        start += len(cell.line_starts)
    return Code(tree, tuple(parts) or ((0, source),), tuple(errors))


def _parsed(text: str) -> ast.Module:
    """The statements of a cell, its lines of IPython left out. Raises: SyntaxError."""
    try:
        tree = compile(text, "<cell>", "exec", _FLAGS)
    except SyntaxError:
        plain = without_magics(text)
        if plain == text:
            raise
        tree = compile(plain, "<cell>", "exec", _FLAGS)
    assert isinstance(tree, ast.Module)
    return tree
