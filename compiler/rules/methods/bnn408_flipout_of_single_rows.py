"""BNN408."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN408", needs=("bayesian.method", "training.batch_size"), severity="warning")
def flipout_of_single_rows(view: View, report: Report) -> list[Diagnostic]:
    """Flipout has a batch of one row.

    ## What it does
    Reports `method: flipout` with `batch_size: 1`.

    ## Why it is bad
    Flipout makes the noise of the rows of a batch independent of each other. With one row this has
    no effect, and flipout needs twice the arithmetic of reparameterization for the same gradient.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    training: {batch_size: 1}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: reparameterization}
    training: {batch_size: 1}
    ```

    ## References
    - Wen et al. 2018, arXiv:1803.04386, section 3
    """
    path = view.path_of_method(lambda one: one.name == "flipout")
    if path is None or view.training.batch_size > 1:
        return []
    return [
        report(
            view.span_of("training", "batch_size"),
            "flipout has no effect on a batch of one row",
            label="one row",
            related=(Label(view.span_of(*path), "makes the noise of the rows independent"),),
            notes=(
                "flipout gives each row of a batch its own random signs, and this batch has one row",
            ),
            help=("write `batch_size: 128`, or `method: reparameterization`",),
            fixes=(
                view.fix_set(
                    "write `reparameterization`",
                    (path, "reparameterization"),
                ),
            ),
        )
    ]
