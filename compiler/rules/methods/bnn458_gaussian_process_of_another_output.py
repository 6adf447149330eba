"""BNN458."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs import OUTPUTS, OutputSection
from bnnc.specs.outputs.over_reals import OverReals


@rule("BNN458", needs=("bayesian.method", "layers", "output"))
def gaussian_process_of_another_output(view: View, report: Report) -> list[Diagnostic]:
    """The posterior of a Gaussian process is asked for, and the output distribution gives none.

    ## What it does
    Checks that under `sngp` the last layer's numbers are logits, log-rates, or locations of a
    normal distribution whose scale is a number.

    ## Why it is bad
    The posterior of the last layer is a normal one around the trained weights, with the second
    derivatives of the loss by the last layer's numbers. Of these distributions the label does not
    change them, and they are never negative. Of probabilities, of a scale that is learned, of
    Student's t, of an order or of shares they may be negative, and no posterior follows.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    bayesian: {method: sngp}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: sngp}
    ```

    ## References
    - Liu et al. 2020, arXiv:2006.10108
    """
    output = view.output
    path = view.path_of_method(lambda one: one.name == "sngp")
    # Numbers that are no parameters of the distribution at all have rules of their own.
    if path is None or output.has_curvature or output.numbers is None:
        return []
    return [
        report(
            view.place("output", "parameterization")
            if output.curved
            else view.place("output", "distribution"),
            "`sngp` knows no posterior of such an output",
            label="the second derivatives of its loss depend on the label",
            related=(Label(view.place(*path), "fits a normal posterior by them"),),
            help=(f"{_way_out(output)}, or write a variational method such as `method: flipout`",),
        )
    ]


def _way_out(output: OutputSection) -> str:
    if output.curved:
        return f"write `parameterization: {output.curved[0]}`, and the last layer linear"
    if isinstance(output, OverReals):
        return "write `distribution: normal` with `parameterization: loc` and a number as `scale`"
    known = ", ".join(f"`{name}`" for name, one in OUTPUTS.items() if one.curved)
    return f"write one of {known}"
