"""Colours, markers and axes of the figures. matplotlib is imported when a figure is drawn."""

from collections.abc import Sequence
from typing import Any, Final

from bnnc.errors import ArgumentError, MissingExtraError
from bnnc.printable import harmless
from bnnc.runtime.evaluation.result import Evaluation

# Each has a contrast of at least 4.5 with white. They differ in lightness too, so that they can be
# told apart without seeing red or green; curves of one axes also have different markers.
BLUE, ORANGE, GREEN, PURPLE = "#0068a8", "#c45100", "#00795a", "#8048a8"
PINK, AMBER, TEAL, BROWN = "#b8437f", "#8f6a00", "#0e7c86", "#7a4a3a"
INK, MUTED, FAINT = "#3d4248", "#6b737c", "#d3d8dd"
CURVES: Final = (
    (BLUE, "o"),
    (ORANGE, "s"),
    (GREEN, "^"),
    (PURPLE, "D"),
    (PINK, "v"),
    (AMBER, "P"),
    (TEAL, "X"),
    (BROWN, "*"),
)

_ACRONYMS = {"nll": "NLL", "kl": "KL", "ece": "ECE", "rmse": "RMSE", "mae": "MAE", "jpeg": "JPEG"}

# What a figure of our own is drawn under; the axes of a caller keep the caller's style.
SETTINGS: Final = {
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "none",
    "legend.fontsize": 10,
    "axes.titlelocation": "left",
    "svg.hashsalt": "bnnc",  # the same figure, the same file
}


def require_matplotlib() -> Any:
    """The package matplotlib. Raises: MissingExtraError where it is not installed."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise MissingExtraError("matplotlib", "report", "Drawing a figure") from None
    return matplotlib


def axes_or_new(ax: Any, *, height: float = 3.8) -> Any:
    """The given axes, or those of a new figure of pyplot."""
    matplotlib = require_matplotlib()
    if ax is not None:
        return ax
    from matplotlib import pyplot

    with matplotlib.rc_context(SETTINGS):
        return pyplot.subplots(figsize=(5.2, height), layout="constrained")[1]


def plain(text: str) -> str:
    """A name as matplotlib shall show it: printable, and no formula."""
    return harmless(text).replace("$", r"\$")


def words(name: str) -> str:
    """The name of a figure, a score or a corruption in words."""
    return plain(_ACRONYMS.get(name, name.replace("_", " ")))


def legend(ax: Any, columns: int = 3) -> None:
    """The legend above the axes, where it hides nothing."""
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, columnspacing=1.2
    )


def grid(ax: Any, axis: str = "both") -> None:
    """Faint lines behind what is drawn."""
    ax.grid(axis=axis, color=FAINT, linewidth=0.7)
    ax.set_axisbelow(True)


def boxes(ax: Any, quantiles: Sequence[Sequence[float]], names: Sequence[str], color: str) -> None:
    """Horizontal ranges of five quantiles each, the first on top.

    A thin line from the first to the last, a thick one from the second to the fourth, a point at
    the third.
    """
    places = range(len(names))
    for place, (lowest, low, middle, high, highest) in zip(places, quantiles, strict=True):
        ax.plot([lowest, highest], [place, place], color=color, linewidth=1.2)
        ax.plot([low, high], [place, place], color=color, linewidth=5, solid_capstyle="butt")
        ax.plot([middle], [place], marker="o", markersize=5, color="white", markeredgecolor=color)
    ax.set_yticks(list(places), [plain(one) for one in names])
    ax.set_ylim(len(names) - 0.4, -0.6)


def table_of(evaluation: Evaluation, name: str) -> Any:
    """A table of an evaluation. Raises: ArgumentError if it has none."""
    if name not in evaluation.tables:
        made = ", ".join(evaluation.tables) or "none"
        raise ArgumentError(
            f"Expected an evaluation with the table `{name}`. Received: one with the tables {made}"
        )
    return evaluation.tables[name]
