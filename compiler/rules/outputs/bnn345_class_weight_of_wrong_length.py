"""BNN345."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN345", needs=("output.distribution", "output.classes", "loss.class_weight"))
def class_weight_of_wrong_length(view: View, report: Report) -> list[Diagnostic]:
    """The number of class weights differs from the number of classes.

    ## What it does
    Compares the length of `loss.class_weight` with the number of classes. `bernoulli` has two
    classes: no (0) and yes (1).

    ## Why it is bad
    With a missing weight, it is unclear which class has none. An extra weight shows that the author
    counted the classes differently than the spec.

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
    if weights is None or weights == "balanced" or output.distribution not in _CLASSES:
        return []
    classes = getattr(output, "classes", 2)
    if len(weights) == classes:
        return []
    place = ("output", "classes" if _CLASSES[output.distribution] else "distribution")
    return [
        report(
            view.span_of("loss", "class_weight"),
            f"{len(weights)} class weight{'s' * (len(weights) > 1)} for {classes} classes",
            label=f"has {len(weights)}",
            related=(Label(view.span_of(*place), f"{classes} classes"),),
            help=(f"write {classes} weights, in the order of the classes",),
        )
    ]


# The distributions whose label is a single class, and whether they have the field `classes`.
_CLASSES = {
    "categorical": True,
    "one_hot_categorical": True,
    "ordered_logistic": True,
    "bernoulli": False,
}
