"""What is looked at before a report is made; TensorFlow is not imported."""

from __future__ import annotations

from pathlib import Path

from bnnc.errors import MissingExtraError, OutputError
from bnnc.runtime.figures.style import require_matplotlib
from bnnc.system.reading import read_beginning

_GENERATOR = '<meta name="generator" content="bnnc report'


def require_libraries() -> None:
    """Raise MissingExtraError unless matplotlib and Jinja2 are installed."""
    require_matplotlib()
    try:
        import jinja2  # noqa: F401 - whether it is there
    except ModuleNotFoundError:
        raise MissingExtraError("Jinja2", "report", "A report") from None


def refuse_to_replace(path: Path) -> None:
    """Raise OutputError if something else than a report is at the path of a new report."""
    if not path.exists():
        return
    try:
        is_ours = _GENERATOR.encode() in read_beginning(path, 4096)
    except OSError as error:
        raise OutputError(f"{path} cannot be replaced: {error}") from error
    if not is_ours:
        raise OutputError(f"{path} exists and is not a report of bnnc; choose another file")
