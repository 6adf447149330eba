"""BNN348."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.sources import SOURCES


@rule("BNN348", needs=("output.distribution", "output.labels", "data"))
def source_without_such_labels(view: View, report: Report) -> list[Diagnostic]:
    """Named data whose labels are no rows of several classes.

    ## What it does
    Finds `labels: multi_hot` and `labels: soft` with `digits`, `fashion-mnist`, `mnist`, `cifar10`
    and `cifar100`.

    ## Why it is bad
    Each image of these sources has one class. Rows of several labels, or of shares, cannot be made
    of it without inventing what stands in them: training would refuse the data after TensorFlow
    has started.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: independent_bernoulli, parameterization: logits, classes: 10, labels: multi_hot}
    training: {batch_size: 32}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {batch_size: 32}
    data: {source: digits}
    ```
    """
    source = view.data.source if view.data else None
    if source not in SOURCES or view.output.labels not in {"multi_hot", "soft"}:
        return []
    if view.output.labels not in view.output.losses:
        return []  # the labels contradict the distribution already
    return [
        report(
            view.place("output", "labels"),
            f"`{source}` has no {view.output.labels} labels",
            label="rows over several classes",
            related=(Label(view.place("data", "source"), "has one class an image"),),
            help=(
                "name an .npz file whose `y_train` holds such rows, or write `distribution: "
                "categorical` with `labels: integer`",
            ),
        )
    ]
