"""BNN329."""

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.activations import ACTIVATIONS, Range


@rule(
    "BNN329",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def rate_out_of_its_range(view: View, report: Report) -> list[Diagnostic]:
    """A rate comes out of an activation that is not positive, or is bounded.

    ## What it does
    Finds `parameterization: rate` on numbers that come out of neither `softplus` nor
    `exponential`.

    ## Why it is bad
    The rate of a Poisson distribution is a positive number without a bound. A linear layer gives
    negative ones, of which the likelihood is NaN; `relu` gives exactly 0, where a count of 1 has
    an infinite loss and no gradient; `sigmoid` and `tanh` can never say that two are expected.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: relu}
    output: {distribution: poisson, parameterization: rate, labels: count}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: softplus}
    output: {distribution: poisson, parameterization: rate, labels: count}
    ```
    """
    activation, path = view.output_activation
    if view.output.numbers != "rate" or activation in {SUM, *view.output.activations["rate"]}:
        return []
    if activation == "linear":
        help = (
            f"set `parameterization: log_rate`, or {view.text_with_output_activation('softplus')}"
        )
        fix = view.fix_set(
            "read the output as the logarithm of a rate",
            (("output", "parameterization"), "log_rate"),
        )
    else:
        help = (
            f"write `activation: softplus`, or {view.text_without_output_activation} and set "
            "`parameterization: log_rate`"
        )
        fix = view.fix_set("write `softplus`", (path, "softplus"))
    return [
        report(
            view.span_of(*path)
            if view.is_explicit(*path)
            else view.span_of(*view.output_layer.path),
            f"{activation} output is read as a rate",
            label=_effect(ACTIVATIONS[activation]),
            related=(Label(view.span_of("output", "parameterization"), "reads a rate"),),
            notes=("a rate is positive, and can be any positive number",),
            help=(help,),
            fixes=(fix,),
        )
    ]


def _effect(numbers: Range) -> str:
    if numbers.is_any_number:
        return "produces any real numbers"
    if numbers.over_one_channel is not None:
        return f"is always {numbers.over_one_channel:g} over one unit"
    if numbers.greatest <= 0:
        return "is always negative"
    parts = []
    if numbers.least < 0:
        parts.append("can be negative")
    elif numbers.flat_below is not None:
        parts.append(f"is exactly 0 for inputs below {numbers.flat_below:g}")
    if numbers.is_bounded_above:
        parts.append(f"is at most {numbers.greatest:g}")
    # Otherwise a positive number without a bound, which softplus and exponential give better.
    return ", and ".join(parts) or "is rounded to 0 for inputs far below 0"
