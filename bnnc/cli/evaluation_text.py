"""An evaluation as text for a terminal, and as an object for JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bnnc.runtime.evaluation.meanings import MEANINGS
from bnnc.specs.examples import of_rows
from bnnc.system.table import Table
from bnnc.system.wrapping import definitions, wrapped

if TYPE_CHECKING:
    from bnnc.runtime.evaluation.result import Evaluation

# Of each member of an ensemble: as many of these as there are, the first three.
_OF_MEMBERS = ("accuracy", "subset_accuracy", "rmse", "nll", "ece", "crps")


def as_object(evaluation: Evaluation, draws: int) -> dict[str, Any]:
    """Everything that is known, for JSON: figures and counts by name, then the rest."""
    members = len(evaluation.members)
    said = {"members": members} if members else {}
    return {**evaluation.to_json(), **said, "samples": draws}


def as_text(
    evaluation: Evaluation,
    draws: int,
    members: int,
    columns: int | None,
    calibration: str | None = None,
    *,
    of_table: bool = False,
) -> str:
    """The main figures with their standard errors and meanings, to a terminal's width.

    Args:
        evaluation: the figures.
        draws: weight draws, of all members together.
        members: members of the ensemble; 1 of a single network.
        columns: of the terminal; None for a pipe.
        calibration: what the predictions are calibrated by, in words; None if they are not.
        of_table: whether the examples are rows of a table, and no images.
    """
    words_of = of_rows if of_table else str
    each = draws // members
    words = f"{each} weight draw{'s' * (each > 1)}"
    if members > 1:
        words = f"{members} members" + (f", {words} of each" if each > 1 else "")
    shown = [name for name in MEANINGS if name in evaluation]
    column = max(map(len, shown)) + 2
    size = max(len(f"{evaluation[name]:.4f}") for name in shown)
    errors = evaluation.standard_errors
    figures = (
        (
            f"{name:<{column}}{evaluation[name]:<{size}.4f} \N{PLUS-MINUS SIGN} {errors[name]:.4f}",
            words_of(MEANINGS[name]),
        )
        for name in shown
    )
    parts = [
        f"{int(evaluation['rows']):,} {words_of('test images')}, {words}"
        + ("" if calibration is None else "\n" + wrapped(calibration, columns)),
        definitions(figures, columns, most=column + 2 * size + 12),
        *([_members(evaluation)] if evaluation.members else []),
        *(_detection(name, found, words_of) for name, found in evaluation.ood.items()),
        *_shift(evaluation.shift),
        wrapped(
            "\N{PLUS-MINUS SIGN} is the standard error. `--json` prints all figures and tables.",
            columns,
        ),
    ]
    return "\n\n".join(parts)


def _members(evaluation: Evaluation) -> str:
    """A table of the members by themselves."""
    names = [name for name in _OF_MEMBERS if name in evaluation][:3]
    rows = [
        (
            str(number),
            *(
                f"{one[name]:.4f} \N{PLUS-MINUS SIGN} {one.standard_errors[name]:.4f}"
                for name in names
            ),
        )
        for number, one in enumerate(evaluation.members)
    ]
    title = "Each member by itself" + (", uncalibrated:" if evaluation.calibration else ":")
    return Table(title, ("member", *names), tuple(rows)).text()


def _detection(name: str, found: dict[str, Any], words_of: Callable[[str], str]) -> str:
    """A table of how well each score finds the images of other data."""
    figures = {"auroc": "AUROC", "average_precision": "AUPR", "fpr95": "FPR95"}
    rows = [
        (
            score.replace("_", " "),
            *(
                f"{values[one]:.4f} \N{PLUS-MINUS SIGN} {values['standard_errors'][one]:.4f}"
                for one in figures
            ),
        )
        for score, values in found["scores"].items()
    ]
    title = (
        f"Out-of-distribution: {found['rows']:,} {words_of('images')} of {name} "
        f"(AUPR of chance: {found['share']:.4f})"
    )
    return Table(title, ("score", *figures.values()), tuple(rows)).text()


def _shift(shift: dict[str, Any]) -> list[str]:
    """A table of each figure over the severities of the corruptions."""
    if not shift:
        return []
    names = [name for name in next(iter(shift.values())) if name != "standard_errors"]
    return [_severities(name, shift) for name in names]


def _severities(figure: str, shift: dict[str, Any]) -> str:
    rows = tuple(
        (name.replace("_", " "), *(f"{value:.4f}" for value in found[figure]))
        for name, found in shift.items()
    )
    largest = max(max(found["standard_errors"][figure]) for found in shift.values())
    severities = tuple(map(str, range(1, len(rows[0]))))
    below = (f"standard errors up to {largest:.4f}",)
    title = f"{figure} of corrupted images, by severity"
    return Table(title, ("corruption", *severities), rows, below=below).text()
