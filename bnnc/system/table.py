"""Values that Python shows as tables: text in a terminal, HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bnnc.printable import harmless


@dataclass(frozen=True, slots=True)
class Table:
    """A title, and under it rows in columns, names with their values, and lines.

    Args:
        title: what is shown, in a few words.
        columns: the headings of the rows.
        rows: cells of each row, as many as there are columns.
        left: how many columns, from the first, are text; the others are numbers.
        values: names with their values.
        below: lines at the end.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    left: int = 1
    values: tuple[tuple[str, str], ...] = ()
    below: tuple[str, ...] = ()

    def with_line(self, line: str) -> Table:
        """The same table with one more line at its end."""
        return replace(self, below=(*self.below, line))

    def text(self) -> str:
        """The whole in aligned columns, as wide as it is; no line has a space at its end."""
        blocks = (
            [harmless(self.title)],
            _aligned((self.columns, *self.rows), self.left) if self.columns else [],
            _aligned(self.values, 2),
            list(map(harmless, self.below)),
        )
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def html(self) -> str:
        """The whole in HTML; whatever it shows is escaped."""
        parts = [f"<p><b>{_escaped(self.title)}</b></p>"]
        if self.columns:
            heading = _row("th", self.columns, self.left)
            rows = "".join(_row("td", row, self.left) for row in self.rows)
            parts.append(f"<table><thead>{heading}</thead><tbody>{rows}</tbody></table>")
        if self.values:
            rows = "".join(_row("td", row, 2) for row in self.values)
            parts.append(f"<table><tbody>{rows}</tbody></table>")
        parts.extend(f"<p>{_escaped(line)}</p>" for line in self.below)
        return "".join(parts)


class Shown:
    """A value that shows itself as the table that it gives."""

    __slots__ = ()

    def _table(self) -> Table:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._table().text()

    def _repr_html_(self) -> str:
        """HTML for a notebook."""
        return self._table().html()


def _aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Each row as a line, its cells under each other."""
    cells = [tuple(map(harmless, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _row(tag: str, cells: Sequence[str], left: int) -> str:
    written = (
        f'<{tag} style="padding: 0 0.6em; text-align: {"left" if place < left else "right"}">{_escaped(cell)}</{tag}>'
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(written)}</tr>"


def _escaped(text: str) -> str:
    return html.escape(harmless(text))
