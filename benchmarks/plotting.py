"""The look of the plots in the documentation: readable on a light page and on a dark one.

The background is transparent; text and axes are gray, which has enough contrast with both.
"""

from pathlib import Path
from typing import Any

# Colours that can be told apart on white and on dark gray, and without seeing red or green.
INK = {"blue": "#3b8fd4", "orange": "#e08214", "purple": "#9d74c9", "pink": "#d6558c"}
GRAY = "#787878"


def figure(width: float, height: float, columns: int = 1) -> tuple[Any, Any]:
    """A figure of so many inches and its axes, one or an array of them."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "bnnc",  # the same figures, the same file
            "svg.fonttype": "path",  # the same letters wherever it is shown
            "font.size": 11,
            "text.color": GRAY,
            "axes.labelcolor": GRAY,
            "axes.edgecolor": GRAY,
            "xtick.color": GRAY,
            "ytick.color": GRAY,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )
    from matplotlib import pyplot

    picture, axes = pyplot.subplots(1, columns, figsize=(width, height))
    return picture, axes


def save(picture: Any, path: Path) -> None:
    """Write a figure as SVG, without its date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
