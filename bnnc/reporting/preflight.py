"""What is looked at before a report is made; TensorFlow is not imported."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bnnc.errors import MissingExtraError
from bnnc.runtime.figures.style import require_matplotlib
from bnnc.system.writing import refuse_to_replace

CARD_MARK: Final = "# bnnc card"
"""The beginning of a model card's metadata: a comment of YAML."""

_GENERATOR = b'<meta name="generator" content="bnnc report'


def require_libraries() -> None:
    """Raise MissingExtraError unless matplotlib and Jinja2 are installed."""
    require_matplotlib()
    try:
        import jinja2  # noqa: F401 - whether it is there
    except ModuleNotFoundError:
        raise MissingExtraError("Jinja2", "report", "A report") from None


def refuse_to_replace_other(path: Path) -> None:
    """Raise OutputError if something else than a report is at the path of a new report."""
    refuse_to_replace(path, _GENERATOR, "a report")


def refuse_to_replace_other_card(path: Path) -> None:
    """Raise OutputError if something else than a card is at the path of a new card."""
    refuse_to_replace(path, CARD_MARK.encode(), "a model card")
