"""BNN462."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN462", needs=("layers", "bayesian", "training.batch_size"), severity="warning")
def batch_smaller_than_its_pairs(view: View, report: Report) -> list[Diagnostic]:
    """A batch has fewer rows than antithetic draws.

    ## What it does
    Compares `training.batch_size` with twice `bayesian.pairs` under `method: antithetic`.

    ## Why it is bad
    Each draw and each mirror image is for a part of the batch. A batch with fewer rows than parts
    has fewer pairs than the spec says, and every step draws kernels that no row meets. With one row
    there is no mirror image at all: the gradient is that of reparameterization.

    ## Example
    ```yaml
    bayesian: {method: antithetic, pairs: 4}
    training: {batch_size: 6}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: antithetic, pairs: 2}
    training: {batch_size: 6}
    ```

    ## References
    - Hammersley and Morton 1956, doi:10.1017/S0305004100031455
    """
    rows = view.training.batch_size
    # Layers that take the number of the section, or say the same one, have one finding.
    found: dict[Path, int] = {}
    for placed in view.layers:
        section = view.bayesian_sections.get(placed.index)
        if section is None or section.method != "antithetic" or rows >= 2 * section.pairs:
            continue
        path = view.bayesian_path(placed, "pairs")
        if not view.is_explicit(*path):
            path = view.bayesian_path(placed, "method")
        found[path] = section.pairs
    return [_finding(view, report, path, pairs) for path, pairs in found.items()]


def _finding(view: View, report: Report, path: Path, pairs: int) -> Diagnostic:
    rows = view.training.batch_size
    is_said = path[-1] == "pairs"
    draws = "a draw and its mirror image" if pairs == 1 else f"{pairs} draws and mirror images"
    ways = [f"write a `batch_size` of at least {2 * pairs}, such as {64 * pairs}"]
    fixes = []
    if rows == 1:
        note = "a single row has no mirror image: the gradient is that of reparameterization"
        ways.append("write `method: reparameterization`")
        if not is_said:
            fixes.append(view.fix_set("write `reparameterization`", (path, "reparameterization")))
    else:
        fitting = rows // 2
        note = f"only {fitting} of {pairs} pairs have rows"
        if is_said:
            ways.append(f"write `pairs: {fitting}`")
            fixes.append(view.fix_set(f"write `pairs: {fitting}`", (path, str(fitting))))
    return report(
        view.span_of("training", "batch_size"),
        f"a batch of {rows} cannot be divided among {draws}",
        label="one row" if rows == 1 else "rows of a step",
        related=(Label(view.span_of(*path), f"{2 * pairs} parts of a batch"),),
        notes=(note,),
        help=(", or ".join(ways),),
        fixes=tuple(fixes),
    )
