"""BNN409."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN409", needs=("layers", "bayesian.method", "bayesian.layers"), severity="error")
def mc_dropout_with_rate_zero(view: View, report: Report) -> list[Diagnostic]:
    """All dropout layers of `mc_dropout` have the rate 0.

    ## What it does
    Checks the rates of the dropout layers that `mc_dropout` applies to.

    ## Why it is bad
    A rate of 0 drops no units. If all rates are 0, the model is deterministic without any message,
    and its mutual information is 0 everywhere.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```
    """
    sections = view.bayesian_sections
    dropping = [
        one
        for one in view.layers
        if one.index in sections and sections[one.index].method == "mc_dropout"
    ]
    if not dropping or any(getattr(one.layer, "rate", 0) > 0 for one in dropping):
        return []
    return [
        report(
            view.span_of(*dropping[0].path, "rate"),
            "`mc_dropout` without a rate above 0 is deterministic",
            label="drops no units",
            related=(
                Label(
                    view.span_of(*view.bayesian_path(dropping[0], "method")),
                    "samples by dropping units",
                ),
            ),
            help=("write a rate such as `rate: 0.2`, or `method: none`",),
        )
    ]
