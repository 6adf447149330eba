"""BNN347."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.class_names import are_numbers
from bnnc.specs.sources import NUMERALS, SOURCES, DataFacts


@rule("BNN347", needs=("output.distribution", "output.labels", "data"))
def class_codes_read_as_numbers(view: View, report: Report) -> list[Diagnostic]:
    """Class indices, read as numbers or as an order.

    ## What it does
    Finds `labels: real`, `labels: count` and `ordered_logistic` with `fashion-mnist`, `cifar10`
    and `cifar100`. With `digits` and `mnist` the index of a class is the digit in the image, which
    is a number. Finds them with a folder of images, too, whose class folders are not called by
    numbers; for `ordered_logistic`, unless `data.classes` says their order.

    ## Why it is bad
    The index of a class is where its name stands in a list. A trouser is not less than a pullover,
    and a cat is not three times an automobile; a model that learns so learns the order of a list.

    ## Example
    ```yaml
    input: {shape: [28, 28, 1], value_range: [0, 255]}
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    training: {batch_size: 32}
    data: {source: fashion-mnist}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    training: {batch_size: 32}
    data: {source: digits}
    ```
    """
    facts = view.facts
    ordered = view.output.distribution == "ordered_logistic"
    if facts is None or (not ordered and view.output.labels not in {"real", "count"}):
        return []
    named = facts.name in SOURCES and facts.name not in NUMERALS
    if not named and not _are_codes(view, facts, ordered):
        return []
    if view.output.labels not in view.output.losses:
        return []  # the labels contradict the distribution already
    return [
        report(
            view.place("output", "distribution" if ordered else "labels"),
            f"the classes of {quoted(facts.name)} are no numbers, and have no order",
            label="reads an order" if ordered else "reads numbers",
            related=(Label(view.place("data", "source"), "has the codes of classes"),),
            help=(
                *(
                    ("write all names into `data: {classes: [...]}`, from the lowest class on",)
                    if ordered and not named
                    else ()
                ),
                "name data with such labels, or write `distribution: categorical` with `labels: integer`",
            ),
        )
    ]


def _are_codes(view: View, facts: DataFacts, ordered: bool) -> bool:
    """Whether the classes are folders with names that are no numbers, in an order nobody said."""
    if facts.classes is None or facts.class_names is None:
        return False  # the labels of an archive are numbers, whatever `data.classes` calls them
    said = view.data is not None and view.data.classes is not None
    return not are_numbers(facts.class_names) and not (ordered and said)
