"""BNN282."""

from bnnc.compiler.analysis.held_out_rows import guarantee_paths, validation_rows
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.calibration import Rejection, held_out_rows_needed


@rule("BNN282", needs=("calibration", "prediction", "data"))
def too_few_rows_for_a_guarantee(view: View, report: Report) -> list[Diagnostic]:
    """There are too few validation rows for the coverage or the risk that is asked for.

    ## What it does
    Counts the rows that `data.validation_split` or `data.splits.validation` holds out. A coverage c
    needs at least c / (1 − c) of them: 9 rows for 0.9, 99 for 0.99. A risk r at `delta` d needs
    log(d / 20) / log(1 − r): 117 rows for 0.05 at 0.05. If the spec also has a `calibration`, it
    gets half of the rows, and the guarantees the other half.

    ## Why it is bad
    The threshold of a prediction set is the ceil((n + 1) c)-th smallest of n scores. If n is
    smaller, only the set of all classes has the coverage. With too few rows, no error rate can be
    shown to be below the risk, even if no answer is wrong.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32}
    prediction: {sets: {method: lac, coverage: 0.995}}
    data: {source: digits, validation_split: 0.1}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32}
    prediction: {sets: {method: lac, coverage: 0.95}}
    data: {source: digits, validation_split: 0.1}
    ```

    ## References
    - Vovk et al. 2005, Algorithmic Learning in a Random World
    - Geifman and El-Yaniv 2017, arXiv:1705.08500
    """
    rows = validation_rows(view)
    if not rows:
        return []
    found = []
    for path, one in guarantee_paths(view):
        needed = held_out_rows_needed(one, calibrates=view.calibration is not None)
        if rows >= needed:
            continue
        key = "risk" if isinstance(one, Rejection) else "coverage"
        held_out: tuple[str, ...] = ("data", "validation_split")
        assert view.data is not None
        if view.data.splits is not None and view.data.splits.validation > 0:
            held_out = ("data", "splits", "validation")
        shared = (
            ()
            if view.calibration is None
            else ("half of the rows calibrate the probabilities, the others give the guarantee",)
        )
        found.append(
            report(
                view.span_of(*path, key),
                f"`{key}: {getattr(one, key):g}` needs {needed:,} validation rows, and there are "
                f"{rows:,}",
                label=f"needs {needed:,} rows",
                related=(Label(view.span_of(*held_out), f"holds out {rows:,} rows"),),
                notes=shared,
                help=(
                    f"hold out more rows, or write a {'higher' if key == 'risk' else 'lower'} "
                    f"`{key}`",
                ),
            )
        )
    return found
