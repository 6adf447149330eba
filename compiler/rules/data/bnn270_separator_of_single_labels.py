"""BNN270."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN270", needs=("output.distribution", "output.labels", "data.labels"))
def separator_of_single_labels(view: View, report: Report) -> list[Diagnostic]:
    """The labels are split at a separator, but the model takes one label for each image.

    ## What it does
    Finds `data.labels.separator` with `output.labels` other than `multi_hot`.

    ## Why it is bad
    A cell such as `cat|dog` names a set of classes. With a `separator`, every row becomes a row of
    zeros and ones over all classes, which no other kind of labels accepts. Training would refuse
    the data, after TensorFlow has started.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    data: {source: ./images, labels: {file: labels.csv, separator: '|'}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: independent_bernoulli, parameterization: logits, classes: 10, labels: multi_hot}
    data: {source: ./images, labels: {file: labels.csv, separator: '|'}}
    ```
    """
    labels = None if view.data is None else view.data.labels
    if labels is None or labels.separator is None or view.output.labels == "multi_hot":
        return []
    if view.output.labels not in view.output.losses:
        return []  # another rule reports that the labels contradict the distribution
    return [
        report(
            view.span_of("data", "labels", "separator"),
            f"`separator` makes sets of classes, but the labels are `{view.output.labels}`",
            label="several classes in one cell",
            related=(Label(view.span_of("output", "labels"), "one label for each image"),),
            help=(
                "delete `separator`; or, if an image may have several classes, write "
                "`distribution: independent_bernoulli` with `labels: multi_hot`",
            ),
        )
    ]
