"""How many rows a spec holds out for validation, as far as it is known."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.text.tree import Path
from bnnc.specs.calibration import Guarantee
from bnnc.specs.sources import held_out


def validation_rows(view: View) -> int | None:
    """Rows held out for validation; 0 for none, None if it is not known.

    The facts have the rows that are left to train on: the rows of the source follow from these and
    the shares. It needs `data`.
    """
    if view.data is None or view.facts is None:
        return None
    splits, share = view.data.splits, view.data.validation_split
    if splits is not None and splits.validation > 0:
        if splits.by is not None:
            return None  # the groups decide
        share, test = splits.validation, splits.test
    elif view.facts.has_validation is not False:
        return None
    else:
        test = 0.0 if splits is None else splits.test
    if share == 0:
        return 0
    left = view.facts.rows
    if left is None or share + test >= 1:
        return None
    near = round(left / (1 - share - test))
    for rows in range(near - 2, near + 3):
        if rows - held_out(rows, test) - held_out(rows, share) == left:
            return held_out(rows, share)
    return None


def guarantee_paths(view: View) -> list[tuple[Path, Guarantee]]:
    """What is guaranteed, with the path that says it; needs `prediction`."""
    return [(("prediction", key), one) for key, one in view.prediction.guarantees.items()]


def paths_of_calibration(view: View) -> list[Path]:
    """Paths of all that is fitted to validation rows; needs `calibration` and `prediction`."""
    first: list[Path] = [] if view.calibration is None else [("calibration",)]
    return [*first, *(path for path, _ in guarantee_paths(view))]
