"""BNN204."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.output import OverClasses


@rule("BNN204", needs=("input.shape", "layers", "output.distribution", "output.classes"))
def last_layer_has_wrong_width(view: View, report: Report) -> list[Diagnostic]:
    """The last layer does not give as many numbers as the output distribution takes.

    ## What it does
    Compares the width of the last layer with `output`: one number a class for `categorical` and
    `one_hot_categorical`, a single one for `bernoulli`.

    ## Why it is bad
    With too few units a label has no unit of its own, with too many there are classes that no
    image has. TensorFlow's sparse cross-entropy gives NaN for a label out of range on a GPU and
    says nothing.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    shape = view.shapes.output
    if shape is None or len(shape) != 1 or shape[0] == view.output.width:
        return []
    wanted = view.output.width
    last = len(view.layers) - 1
    place = ("layers", last, "units") if view.written("layers", last, "units") else ("layers", last)
    if isinstance(view.output, OverClasses):
        other = Label(view.place("output", "classes"), f"needs {wanted}")
        help = f"write `units: {wanted}`, or `classes: {shape[0]}`"
        if shape[0] == 1:
            help = (
                f"write `units: {wanted}`; for a yes or no of one unit, `distribution: bernoulli`"
            )
    else:
        other = Label(view.place("output", "distribution"), "needs 1")
        help = f"write `units: 1`; for several classes, `distribution: categorical` with `classes: {shape[0]}`"
    return [
        report(
            view.place(*place),
            f"the last layer gives {_numbers(shape[0])}, the output distribution takes {wanted}",
            label=f"gives {_numbers(shape[0])}",
            related=(other,),
            help=(help,),
        )
    ]


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count:,} numbers"
