"""BNN345."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN345", needs=("output.distribution", "output.classes", "loss.class_weight"))
def class_weight_of_wrong_length(view: View, report: Report) -> list[Diagnostic]:
    """More or fewer class weights than classes.

    ## What it does
    Compares the length of `loss.class_weight` with the number of classes; `bernoulli` has two, no
    and yes.

    ## Why it is bad
    A class without a weight would have none to be multiplied by, or that of another class; a
    weight without a class says that its author counted otherwise than the spec.

    ## Example
    ```yaml
    loss: {class_weight: [1, 5]}
    ```

    ## Use instead
    ```yaml
    loss: {class_weight: [1, 5, 1, 1, 1, 1, 1, 1, 1, 1]}
    ```
    """
    weights, output = view.loss.class_weight, view.output
    if weights is None or output.distribution not in _CLASSES:
        return []
    classes = getattr(output, "classes", 2)
    if len(weights) == classes:
        return []
    place = ("output", "classes" if _CLASSES[output.distribution] else "distribution")
    return [
        report(
            view.place("loss", "class_weight"),
            f"{len(weights)} class weight{'s' * (len(weights) > 1)} for {classes} classes",
            label=f"{len(weights)} given",
            related=(Label(view.place(*place), f"{classes} classes"),),
            help=(f"give {classes} weights, in the order of the classes",),
        )
    ]


# The distributions of one class, and whether `classes` says of how many.
_CLASSES = {
    "categorical": True,
    "one_hot_categorical": True,
    "ordered_logistic": True,
    "bernoulli": False,
}
