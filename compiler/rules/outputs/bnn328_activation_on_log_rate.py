"""BNN328."""

from bnnc.compiler.analysis.activation_effects import effect, exponential_of
from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.activations import ACTIVATIONS


@rule(
    "BNN328",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def activation_on_log_rate(view: View, report: Report) -> list[Diagnostic]:
    """A non-linearity on the logarithm of a rate.

    ## What it does
    Finds activations on the number that `parameterization: log_rate` reads as the logarithm of a
    rate.

    ## Why it is bad
    The logarithm of a rate is any real number, and the distribution takes its exponential by
    itself. A softplus or an exponential before it makes every rate larger than 1, and an
    exponential of an exponential overflows float32 at 4.5.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: softplus}
    output: {distribution: poisson, parameterization: log_rate, labels: count}
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
    if view.output.numbers != "log_rate" or activation in {"linear", SUM}:
        return []
    help, fix = view.text_without_output_activation, view.fix_delete_output_activation()
    if activation in view.output.activations["rate"]:
        help = f"set `parameterization: rate`, or {help}"
        fix = view.fix_set("read the output as a rate", (("output", "parameterization"), "rate"))
    return [
        report(
            view.span_of(*path),
            f"{activation} output is read as the logarithm of a rate",
            label=_effect(activation, view),
            related=(Label(view.span_of("output", "parameterization"), "reads a logarithm"),),
            notes=(
                "the logarithm of a rate can be any real number; it comes out of a linear layer",
            ),
            help=(help,),
            fixes=(fix,),
        )
    ]


def _effect(activation: str, view: View) -> str:
    numbers = ACTIVATIONS[activation]
    if activation in view.output.activations["rate"]:
        return "produces a rate"
    if numbers.over_one_channel is not None:
        return f"is always {numbers.over_one_channel:g} over one unit"
    return effect(exponential_of(numbers), "rate", lowest=0)
