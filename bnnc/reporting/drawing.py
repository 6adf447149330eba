"""Draw the figures of a report: SVG for the page, SVG and PNG for files."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnnc.reporting.figure import ReportFigure
from bnnc.runtime.figures import style

_WIDTH = 4.8  # inches
# The colours of the figures by the names that the stylesheet has for them, one value a theme.
THEMED = {
    style.BLUE: "blue",
    style.ORANGE: "orange",
    style.GREEN: "green",
    style.PURPLE: "purple",
    style.PINK: "pink",
    style.AMBER: "amber",
    style.TEAL: "teal",
    style.BROWN: "brown",
    style.INK: "ink",
    style.MUTED: "muted",
    style.FAINT: "faint",
}
_COLOR = re.compile("|".join(THEMED))


def inline_svg(figure: ReportFigure, prefix: str, label: str) -> str:
    """A figure as an `<svg>` element: its colours are those of the page, its text is text.

    Args:
        figure: what to draw.
        prefix: makes the ids of the element unique in the page.
        label: id of the element that describes it.
    """
    with _drawn(figure, {"svg.fonttype": "none", "figure.facecolor": "none"}) as drawn:
        written = io.BytesIO()
        drawn.savefig(written, format="svg", metadata=_NO_METADATA)
    text = written.getvalue().decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id=")', rf"\1{prefix}-", text)
    text = re.sub(r'(href="#|url\(#)', rf"\1{prefix}-", text)
    text = _COLOR.sub(lambda found: f"var(--{THEMED[found[0]]})", text)
    # The page has the fonts, and the stylesheet the size.
    text = re.sub(r"(font: [\d.]+px )[^;\"]*", r"\1sans-serif", text)
    head = f'<svg role="img" aria-labelledby="{label}"'
    text = re.sub(r"^<svg\b", head, text)
    return re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)


def write_files(figure: ReportFigure, folder: Path, name: str) -> None:
    """Write a figure as NAME.svg and NAME.png (200 dots an inch), on white."""
    with _drawn(figure, {"svg.fonttype": "path"}) as drawn:
        drawn.savefig(folder / f"{name}.svg", metadata=_NO_METADATA)
        drawn.savefig(folder / f"{name}.png", dpi=200)


def png(figure: ReportFigure) -> bytes:
    """A figure as PNG (150 dots an inch), on white."""
    written = io.BytesIO()
    with _drawn(figure, {}) as drawn:
        drawn.savefig(written, format="png", dpi=150)
    return written.getvalue()


# Without a date and versions the same figure is the same file.
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def _drawn(figure: ReportFigure, settings: dict[str, Any]) -> Iterator[Any]:
    """The figure, drawn in a figure of matplotlib that pyplot does not know."""
    matplotlib = style.require_matplotlib()
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**style.SETTINGS, **settings}), warnings.catch_warnings():
        # A name may have letters that matplotlib's own font lacks; a browser has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        drawn = Figure(figsize=(_WIDTH, figure.height), layout="constrained")
        figure.draw(drawn.add_subplot())
        yield drawn
