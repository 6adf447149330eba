"""What the pages of runs and of sweeps share: their form, their figures, and the files of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bnnc.errors import OutputError
from bnnc.printable import harmless
from bnnc.reporting.drawing import inline_svg, write_files
from bnnc.reporting.figure import ReportFigure
from bnnc.system.writing import write_bytes
from bnnc.version import VERSION


def rendered(package: str, template: str, **values: Any) -> str:
    """A page from a template of a package, which extends `base.html`.

    It has no script and loads nothing; every value that is no `Markup` is escaped.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def found(name: str) -> str:
        return _text(package if name == template else __package__, name)

    environment = Environment(
        loader=FunctionLoader(found),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup(_text(__package__, "report.css"))
    return environment.get_template(template).render(version=VERSION, style=style, **values)


def section_id(section: str) -> str:
    """The identifier of a section in its page."""
    return section.lower().replace(" ", "-")


def figure_values(
    figure: ReportFigure, identifier: str, run: str = "", words: Callable[[str], str] = str
) -> dict[str, Any]:
    """A figure as the templates take it.

    Args:
        figure: the figure.
        identifier: of its place in the page.
        run: the run that it is of, where the page has several.
        words: puts the words of the data into a text.
    """
    from markupsafe import Markup

    return {
        "id": identifier,
        "title": harmless(figure.title),
        "run": harmless(run),
        "svg": Markup(inline_svg(figure, identifier, f"{identifier}-alternative")),
        "alternative": harmless(words(figure.alternative)),
        "caption": harmless(words(figure.caption)),
        "table": figure.table,
    }


def write_figure_files(figures: Iterable[tuple[str, ReportFigure]], folder: Path) -> list[str]:
    """Write figures under their names as SVG and PNG into a folder, once all are drawn.

    Returns: the names, without suffix.
    Raises: OutputError.
    """
    names = []
    with TemporaryDirectory() as temporary:
        for name, figure in figures:
            write_files(figure, Path(temporary), name)
            names.append(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
        for file in sorted(Path(temporary).iterdir()):
            write_bytes(folder / file.name, file.read_bytes())
    return names


def _text(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text("utf-8")
