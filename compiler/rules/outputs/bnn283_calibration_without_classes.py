"""BNN283."""

from bnnc.compiler.analysis.held_out_rows import paths_of_calibration
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

_ONE_CLASS = frozenset({"integer", "one_hot", "binary"})
_NUMBERS = frozenset({"real", "count"})


@rule("BNN283", needs=("calibration", "prediction", "output.distribution", "output.labels"))
def calibration_without_classes(view: View, report: Report) -> list[Diagnostic]:
    """A calibration of classes for numbers, or an interval of numbers for classes.

    ## What it does
    Finds `calibration`, `prediction.sets` and `prediction.reject` with labels that are not one class
    for each image, and `prediction.interval` with labels that are not numbers.

    ## Why it is bad
    A calibration maps the probabilities of classes, and a prediction set is one of classes. A normal
    distribution has neither; an interval has the same guarantee there. Several yes or no labels, and
    shares of classes, have no class that is right or wrong.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    prediction: {sets: {method: lac}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    prediction: {interval: {method: absolute}}
    ```
    """
    labels = view.output.labels
    if labels not in view.output.losses:
        return []  # another rule reports that the labels contradict the distribution
    found = []
    for path in paths_of_calibration(view):
        is_interval = path[-1] == "interval"
        if labels in (_NUMBERS if is_interval else _ONE_CLASS):
            continue
        help = f"delete `{path[-1]}`"
        if is_interval and labels in _ONE_CLASS:
            help += ", or write `sets: {method: lac}` in `prediction`"
        elif labels in _NUMBERS:
            help += ", or write `interval: {method: absolute}` in `prediction`"
        found.append(
            report(
                view.span_of(*path),
                f"`{path[-1]}` is of {'numbers' if is_interval else 'single classes'}, but the "
                f"labels are `{labels}`",
                label="has nothing to be fitted to",
                related=(Label(view.span_of("output", "labels"), f"`{labels}` labels"),),
                help=(help,),
            )
        )
    return found
