"""BNN327."""

from bnnc.compiler.analysis.activation_effects import effect
from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.activations import ACTIVATIONS


@rule(
    "BNN327",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def activation_on_loc(view: View, report: Report) -> list[Diagnostic]:
    """A non-linearity bends or bounds a location.

    ## What it does
    Finds activations on the numbers that `normal`, `student_t` and `ordered_logistic` read as
    locations and unconstrained scales.

    ## Why it is bad
    A location is any real number, and so is the number that a softplus turns into a scale. `relu`
    cuts off every negative label and its gradient, `sigmoid` and `tanh` keep the mean within an
    interval of length 1 or 2, a softmax over one unit is always 1, and `softplus` on a pair of
    location and scale makes every mean positive while the scale goes through it twice.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: relu}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    ```
    """
    activation, path = view.output_activation
    if view.output.numbers not in _READS or activation in {"linear", SUM}:
        return []
    reads = _READS[view.output.numbers]
    return [
        report(
            view.span_of(*path),
            f"{activation} output is read as {reads}",
            label=effect(ACTIVATIONS[activation], "number"),
            related=(Label(view.span_of("output", "parameterization"), f"reads {reads}"),),
            notes=("these can be any real numbers; they come out of a linear layer",),
            help=(view.text_without_output_activation,),
            fixes=(view.fix_delete_output_activation(),),
        )
    ]


_READS = {
    "loc": "a location",
    "loc_and_unconstrained_scale": "locations and unconstrained scales",
}
