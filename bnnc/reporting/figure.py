"""A figure of a page, with what is told about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bnnc.system.table import Table


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """A figure, and what is told about it.

    Attributes:
        name: of its files, and of its place in the page.
        section: heading that it is under.
        title: what it shows, in a few words.
        alternative: what it shows, with its main numbers, for those who do not see it.
        caption: how to read it.
        table: the numbers behind it.
        draw: draws it on matplotlib axes.
        height: in inches, of 4.8 inches width.
    """

    name: str
    section: str
    title: str
    alternative: str
    caption: str
    table: Table
    draw: Callable[[Any], Any]
    height: float = 3.6
