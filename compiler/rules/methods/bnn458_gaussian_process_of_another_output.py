"""BNN458."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs import OUTPUTS, OutputSection
from bnnc.specs.outputs.over_reals import OverReals


@rule("BNN458", needs=("bayesian.method", "layers", "output"))
def gaussian_process_of_another_output(view: View, report: Report) -> list[Diagnostic]:
    """The output distribution does not allow the posterior of a Gaussian process.

    ## What it does
    Checks that under `sngp` the numbers of the last layer are logits, log-rates, or locations of a
    normal distribution with a fixed scale.

    ## Why it is bad
    The posterior of the last layer is a normal distribution around the trained weights. Its
    precision comes from the second derivatives of the loss with respect to the last layer's
    numbers. For the distributions above, these derivatives do not depend on the label and are never
    negative. For probabilities, a learned scale, Student's t, ordinal classes or shares they may be
    negative, and there is no such posterior.

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
    # Other rules report numbers that are not parameters of the distribution.
    if path is None or output.has_curvature or output.numbers is None:
        return []
    return [
        report(
            view.span_of("output", "parameterization")
            if output.has_known_hessian
            else view.span_of("output", "distribution"),
            "`sngp` has no posterior for this output",
            label="the second derivatives of the loss depend on the label",
            related=(Label(view.span_of(*path), "uses them to fit a normal posterior"),),
            help=(f"{_way_out(output)}, or write a variational method such as `method: flipout`",),
        )
    ]


def _way_out(output: OutputSection) -> str:
    if output.has_known_hessian:
        return f"write `parameterization: {output.has_known_hessian[0]}`, and make the last layer linear"
    if isinstance(output, OverReals):
        return "write `distribution: normal` with `parameterization: loc` and a number as `scale`"
    known = ", ".join(f"`{name}`" for name, one in OUTPUTS.items() if one.has_known_hessian)
    return f"write one of {known}"
