"""BNN348."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.sources import SOURCES

_NUMBERS = frozenset({"real", "count"})


@rule("BNN348", needs=("output.distribution", "output.labels", "data"))
def source_without_such_labels(view: View, report: Report) -> list[Diagnostic]:
    """The data has labels of another kind.

    ## What it does
    Finds `labels: multi_hot` and `labels: soft` with the named sources, and with data at a path
    that has one label for each image. This is a folder of images, IDX files, or an .npz archive
    whose `y_train` has one number for each row. Also finds labels that are classes with `diabetes`,
    whose labels are numbers.

    ## Why it is bad
    Each image of such data has one class. A row of several labels or of probabilities cannot be
    derived from it. Training would refuse the data, after TensorFlow has started.

    ## Example
    ```yaml
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
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {batch_size: 32}
    data: {source: digits}
    ```
    """
    facts = view.facts
    known = None if facts is None else SOURCES.get(facts.name)
    if known is not None and known.classes is None and view.output.labels not in _NUMBERS:
        return [
            report(
                view.span_of("output", "labels"),
                f"{quoted(known.name)} has no `{view.output.labels}` labels",
                label="expects classes",
                related=(Label(view.span_of("data", "source"), "has one number for each row"),),
                help=("write `distribution: normal` with `labels: real`",),
            )
        ]
    if facts is None or facts.label_columns != 1 or view.output.labels not in {"multi_hot", "soft"}:
        return []
    if getattr(view.output, "classes", 2) == 1:
        return []  # one column is a row of one class
    if view.output.labels not in view.output.losses:
        return []  # another rule reports that the labels contradict the distribution
    return [
        report(
            view.span_of("output", "labels"),
            f"{quoted(facts.name)} has no `{view.output.labels}` labels",
            label="expects a row over several classes",
            related=(Label(view.span_of("data", "source"), "has one class for each image"),),
            help=(
                "use an .npz file whose `y_train` contains such rows, or a table of labels with a column "
                "for each class; or write `distribution: "
                "categorical` with `labels: integer`",
            ),
        )
    ]
