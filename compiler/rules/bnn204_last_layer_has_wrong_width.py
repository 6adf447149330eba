"""BNN204."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.output import IndependentBernoulli, OrderedLogistic, OverClasses, OverReals


@rule("BNN204", needs=("input.shape", "layers", "output.distribution", "output.classes"))
def last_layer_has_wrong_width(view: View, report: Report) -> list[Diagnostic]:
    """The last layer does not give as many numbers as the output distribution takes.

    ## What it does
    Compares the width of the last layer with `output`: one number a class for `categorical`,
    `one_hot_categorical`, `relaxed_one_hot_categorical` and `independent_bernoulli`; a single one
    for `bernoulli`, `ordered_logistic` and `poisson`; for `normal` and `student_t` a location for
    each of `event_size` labels, and a scale for each where `parameterization` says so.

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
    output = view.output
    if not all(view.has(f"output.{field}") for field in output.width_fields):
        return []
    if isinstance(output, OverReals) and output.numbers is None:
        return []  # how many numbers a label takes is not known: BNN325
    shape = view.shapes.output
    if shape is None or len(shape) != 1 or shape[0] == view.output.width:
        return []
    wanted = view.output.width
    last = len(view.layers) - 1
    place = ("layers", last, "units") if view.written("layers", last, "units") else ("layers", last)
    if isinstance(output, OverClasses):
        other = Label(view.place("output", "classes"), f"needs {wanted}")
        help = f"write `units: {wanted}`, or `classes: {shape[0]}`"
        if shape[0] == 1:
            help = (
                f"write `units: {wanted}`; for a yes or no of one unit, `distribution: bernoulli`"
            )
    elif isinstance(output, IndependentBernoulli):
        other = Label(view.place("output", "classes"), f"needs {wanted}")
        help = f"write `units: {wanted}`, or `classes: {shape[0]}`"
    elif isinstance(output, OrderedLogistic):
        other = Label(view.place("output", "distribution"), "needs 1")
        help = (
            f"write `units: 1`: one location, which the {output.classes - 1} learned cutpoints "
            "divide into classes"
        )
    elif isinstance(output, OverReals):
        other = Label(view.place("output", "parameterization"), f"needs {wanted}")
        each = "location" if output.parameterization == "loc" else "location and a scale"
        labels = "1 label" if output.event_size == 1 else f"{output.event_size} labels"
        help = f"write `units: {wanted}`: a {each} for {labels}"
    elif output.distribution == "poisson":
        other = Label(view.place("output", "distribution"), "needs 1")
        help = "write `units: 1`: the rate of the count"
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
