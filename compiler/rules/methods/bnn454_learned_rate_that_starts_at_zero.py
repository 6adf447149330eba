"""BNN454."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN454", needs=("layers", "bayesian"))
def learned_rate_that_starts_at_zero(view: View, report: Report) -> list[Diagnostic]:
    """A rate that is learned starts at 0.

    ## What it does
    Finds `rate: 0` in a dropout layer under `concrete_dropout`.

    ## Why it is bad
    What is learned is the rate's logit, and that of 0 is minus infinity: from there no step of any
    size leads away.

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
            view.place(*one.path, "rate"),
            "a rate that is learned cannot start at 0",
            label="its logit is minus infinity",
            related=(
                Label(view.place(*view.bayesian_path(one, "method")), "learns the rate's logit"),
            ),
            help=("write `rate: 0.1`, where the paper starts, or keep the layer from the method",),
            fixes=(view.setting("write `rate: 0.1`", ((*one.path, "rate"), "0.1")),),
        )
        for one in view.layers
        if one.index in view.bayesian_sections
        and view.bayesian_sections[one.index].method == "concrete_dropout"
        and getattr(one.layer, "rate", 0) == 0
    ]
