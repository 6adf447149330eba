"""BNN352."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_reals import OverReals


@rule("BNN352", needs=("output",))
def label_statistics_said_twice(view: View, report: Report) -> list[Diagnostic]:
    """The statistics of the labels are written, and are to be taken from the training rows.

    ## What it does
    Finds `output.label_mean` or `output.label_std` together with `standardize_labels: true`.

    ## Why it is bad
    Only one of them can count. The numbers of the training rows would replace those in the spec.

    ## Example
    ```yaml
    input: {shape: [10]}
    layers:
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real, label_mean: 152.1, label_std: 77.1, standardize_labels: true}
    ```

    ## Use instead
    ```yaml
    input: {shape: [10]}
    layers:
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real, standardize_labels: true}
    ```
    """
    output = view.output
    if not isinstance(output, OverReals) or not output.standardize_labels:
        return []
    written = [key for key in ("label_mean", "label_std") if getattr(output, key) is not None]
    return [
        report(
            view.span_of("output", key),
            f"`{key}` is written, and `standardize_labels` takes it from the training rows",
            label="would not count",
            related=(Label(view.span_of("output", "standardize_labels"), "takes both"),),
            help=(f"delete `{key}`, or delete `standardize_labels`",),
            fixes=(view.fix_delete("output", key),),
        )
        for key in written
    ]
