"""BNN328."""

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


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
    help, fix = view.deleting_output_activation, view.deleting_fix()
    if activation in view.output.activations["rate"]:
        help = f"set `parameterization: rate`, or {help}"
        fix = view.setting("read the output as a rate", (("output", "parameterization"), "rate"))
    return [
        report(
            view.place(*path),
            f"{activation} output is read as the logarithm of a rate",
            label=_EFFECTS.get(activation, "bends the logarithm"),
            related=(Label(view.place("output", "parameterization"), "reads a logarithm"),),
            notes=("the logarithm of a rate is any real number; it comes out of a linear layer",),
            help=(help,),
            fixes=(fix,),
        )
    ]


_EFFECTS = {
    "relu": "makes every rate at least 1",
    "relu6": "keeps the rate within [1, 403]",
    "tanh": "keeps the rate within [0.37, 2.72]",
    "hard_tanh": "keeps the rate within [0.37, 2.72]",
    "softsign": "keeps the rate within [0.37, 2.72]",
    "sigmoid": "keeps the rate within [1, 2.72]",
    "hard_sigmoid": "keeps the rate within [1, 2.72]",
    "sparse_sigmoid": "keeps the rate within [1, 2.72]",
    "log_sigmoid": "keeps the rate below 1",
    "squareplus": "makes every rate larger than 1",
    "sparse_plus": "makes every rate at least 1",
    "softmax": "is always 1 over one unit",
    "sparsemax": "is always 1 over one unit",
    "log_softmax": "is always 0 over one unit",
    "softplus": "produces a rate",
    "exponential": "produces a rate",
}
