"""BNN349."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_reals import OverReals


@rule("BNN349", needs=("output.event_size", "output.label_mean", "output.label_std"))
def label_statistics_of_wrong_length(view: View, report: Report) -> list[Diagnostic]:
    """`label_mean` or `label_std` does not have one number for each label.

    ## What it does
    Compares the lengths of `output.label_mean` and `output.label_std` with `output.event_size`.

    ## Why it is bad
    Each number standardises one label of an image, so the lengths must be equal.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 3}
    output: {distribution: normal, parameterization: loc, scale: 1.0, labels: real, event_size: 3, label_mean: [10.0, 250.0]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 3}
    output: {distribution: normal, parameterization: loc, scale: 1.0, labels: real, event_size: 3, label_mean: [10.0, 250.0, 3.0]}
    ```
    """
    if not isinstance(view.output, OverReals):
        return []
    size = view.output.event_size
    labels = "1 label" if size == 1 else f"{size} labels"
    return [
        report(
            view.span_of("output", name),
            f"`{name}` has {len(values)} numbers, but an image has {labels}",
            label=f"{len(values)} numbers",
            related=(Label(view.span_of("output", "event_size"), labels),)
            if view.is_explicit("output", "event_size")
            else (),
            help=("write one number for all labels, or a list with one number for each label",)
            if size > 1
            else (f"write `{name}: {values[0]:g}`, or `event_size: {len(values)}`",),
        )
        for name in ("label_mean", "label_std")
        if isinstance(values := getattr(view.output, name), list) and len(values) != size
    ]
