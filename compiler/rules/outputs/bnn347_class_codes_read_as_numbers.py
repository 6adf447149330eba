"""BNN347."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.class_names import are_numbers
from bnnc.specs.sources import NUMERALS, SOURCES, DataFacts


@rule("BNN347", needs=("output.distribution", "output.labels", "data"))
def class_codes_read_as_numbers(view: View, report: Report) -> list[Diagnostic]:
    """Class indices are read as numbers or as ordered classes.

    ## What it does
    Finds `labels: real`, `labels: count` and `ordered_logistic` with `fashion-mnist`, `cifar10`,
    `cifar100`, `wine`, `breast-cancer` and `iris`. In `digits` and `mnist`, the class index is the
    digit in the image, so it is a number. Also finds them with a folder of images whose class
    folders are not named by numbers. For `ordered_logistic`, `data.classes` can set the order of
    such a folder.

    ## Why it is bad
    A class index is the position of a name in a list. A trouser is not less than a pullover, and a
    cat is not three times an automobile. The model would learn the order of the list.

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
    known = SOURCES.get(facts.name)
    named = known is not None and known.classes is not None and known.name not in NUMERALS
    if not named and not _are_codes(view, facts, ordered):
        return []
    if view.output.labels not in view.output.losses:
        return []  # another rule reports that the labels contradict the distribution
    return [
        report(
            view.span_of("output", "distribution" if ordered else "labels"),
            f"the classes of {quoted(facts.name)} are not numbers and have no order",
            label="expects ordered classes" if ordered else "expects numbers",
            related=(Label(view.span_of("data", "source"), "the labels are class indices"),),
            help=(
                *(
                    (
                        "write all class names into `data: {classes: [...]}`, starting with the lowest class",
                    )
                    if ordered and not named
                    else ()
                ),
                "use data with numeric labels, or write `distribution: categorical` with `labels: integer`",
            ),
        )
    ]


def _are_codes(view: View, facts: DataFacts, ordered: bool) -> bool:
    """Whether the classes are folders whose names are not numbers and have no order in the spec."""
    if facts.classes is None or facts.class_names is None:
        return False  # the labels of an archive are numbers, even if `data.classes` names them
    said = view.data is not None and view.data.classes is not None
    return not are_numbers(facts.class_names) and not (ordered and said)
