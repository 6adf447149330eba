"""BNN204."""

from bnnc.compiler.analysis.dimensions import global_average_pooling
from bnnc.compiler.analysis.remedies import NO_SCALE
from bnnc.compiler.analysis.shapes import Step
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs import OutputSection
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.specs.outputs.ordered_logistic import OrderedLogistic
from bnnc.specs.outputs.over_classes import OverClasses
from bnnc.specs.outputs.over_reals import OverReals
from bnnc.specs.placement import before


@rule("BNN204", needs=("input.shape", "layers", "output.distribution", "output.classes"))
def last_layer_has_wrong_width(view: View, report: Report) -> list[Diagnostic]:
    """The width of the last layer does not match the output distribution.

    ## What it does
    Compares the width of the last layer with `output`. The distributions `categorical`,
    `one_hot_categorical`, `relaxed_one_hot_categorical` and `independent_bernoulli` take one number
    for each class. `bernoulli`, `ordered_logistic` and `poisson` take one number. `normal` and
    `student_t` take a location for each of the `event_size` labels, and also a scale for each label
    if `parameterization` says so.

    ## Why it is bad
    With too few units, some labels have no unit. With too many units, the model has classes that no
    image belongs to. For a label out of range, TensorFlow's sparse cross-entropy returns NaN on a
    GPU, without an error.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
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
    if isinstance(output, OverClasses | IndependentBernoulli):
        other = Label(view.span_of("output", "classes"), f"needs {wanted}")
    elif isinstance(output, OverReals):
        other = Label(view.span_of("output", "parameterization"), f"needs {wanted}")
    else:
        other = Label(view.span_of("output", "distribution"), "needs 1")
    step, key = _what_gives_the_width(view)
    return [
        report(
            view.span_of(*step.placed.path, key) if key else view.span_of(*step.placed.path),
            f"the last layer outputs {_numbers(shape[0])}, but the output distribution takes {wanted}",
            label=f"outputs {_numbers(shape[0])}",
            related=(other,),
            help=_help(view, step, key, shape[0]),
        )
    ]


def _what_gives_the_width(view: View) -> tuple[Step, str]:
    """The layer whose key sets the width of the output; no key if none sets it."""
    steps = view.shapes.steps
    last = steps[-1]
    for placed in (last.placed, *before(view.layers, last.placed.index)):
        step = steps[placed.index]
        if view.is_explicit(*placed.path, "units"):
            return step, "units"
        if step.input != view.shapes.output:
            break  # no layer before this one has as many
    return last, ""


def _help(view: View, step: Step, key: str, width: int) -> tuple[str, ...]:
    """Help for the right width: in the layer, in a new layer after it, or in the output."""
    wanted = view.output.width
    over_classes = isinstance(view.output, OverClasses | IndependentBernoulli)
    yes_or_no = "or, for a yes-or-no label and one unit, `distribution: bernoulli`"
    classes = f"or, for several classes, `distribution: categorical` with `classes: {width}`"
    if key:
        if reason := _reason(view.output):
            return (f"write `units: {wanted}`: {reason}",)
        if not over_classes:
            return (f"write `units: {wanted}`; {classes}",)
        if width == 1 and isinstance(view.output, OverClasses):
            return (f"write `units: {wanted}`; {yes_or_no}",)
        return (f"write `units: {wanted}`, or `classes: {width}`",)
    if over_classes and len(view.output_branches) > 1 and width in {wanted + 1, 2 * wanted}:
        return (f"keep only the branch of the {wanted} classes: {NO_SCALE}",)
    activation = ""
    if view.has("output.parameterization") and view.output.parameterization == "probs":
        activation = f", activation: {'softmax' if over_classes else 'sigmoid'}"
    dense = f"put `- {{type: dense, units: {wanted}{activation}}}` after it"
    if len(step.input) > 1 and step.input[-1] == wanted and step.layer.type == "flatten":
        positions = "×".join(map(str, step.input[:-1]))
        pooling = (
            f"or replace it with `- {{type: {global_average_pooling(step.input)}}}`, which averages the "
            f"{positions} positions to one number for each of the {wanted} channels"
        )
        return dense, pooling
    if reason := _reason(view.output):
        return (f"{dense}: {reason}",)
    return (dense if over_classes else f"{dense}; {classes}",)


def _reason(output: OutputSection) -> str:
    """The meaning of the numbers that a distribution takes if it is not over classes."""
    if isinstance(output, OrderedLogistic):
        cutpoints = output.classes - 1
        return f"one location; the {cutpoints} learned cutpoints divide the real line into classes"
    if isinstance(output, OverReals):
        each = "location" if output.parameterization == "loc" else "location and a scale"
        labels = "1 label" if output.event_size == 1 else f"{output.event_size} labels"
        return f"a {each} for {labels}"
    return "the rate of the count" if output.distribution == "poisson" else ""


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count:,} numbers"
