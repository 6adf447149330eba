"""BNN454."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN454", needs=("layers", "bayesian"))
def learned_rate_that_starts_at_zero(view: View, report: Report) -> list[Diagnostic]:
    """A learned dropout rate starts at 0.

    ## What it does
    Reports `rate: 0` in a dropout layer under `concrete_dropout`.

    ## Why it is bad
    Concrete dropout learns the logit of the rate. The logit of 0 is minus infinity, and no step of
    the optimizer can change it.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout}
    ```

    ## References
    - Gal, Hron and Kendall 2017, arXiv:1705.07832
    """
    return [
        report(
            view.span_of(*one.path, "rate"),
            "a learned dropout rate cannot start at 0",
            label="its logit is minus infinity",
            related=(
                Label(
                    view.span_of(*view.bayesian_path(one, "method")), "learns the logit of the rate"
                ),
            ),
            help=("write `rate: 0.1`, as in the paper, or exclude the layer from the method",),
            fixes=(view.fix_set("write `rate: 0.1`", ((*one.path, "rate"), "0.1")),),
        )
        for one in view.layers
        if one.index in view.bayesian_sections
        and view.bayesian_sections[one.index].method == "concrete_dropout"
        and getattr(one.layer, "rate", 0) == 0
    ]
