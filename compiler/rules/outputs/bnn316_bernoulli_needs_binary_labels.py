"""BNN316."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN316", needs=("output.distribution", "output.labels", "loss.type"))
def bernoulli_needs_binary_labels(view: View, report: Report) -> list[Diagnostic]:
    """`bernoulli` takes the labels 0 and 1.

    ## What it does
    Finds `bernoulli` with `labels: integer` or `labels: one_hot`.

    ## Why it is bad
    A Bernoulli distribution is over 0 and 1. In TFP, its log-probability is linear in the label:
    for a class index of 2 it is finite, but it grows without bound as the model gets worse, so it
    means nothing. A one-hot row of two entries is broadcast against the one unit.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    ```
    """
    output = view.output
    if output.distribution != "bernoulli" or output.labels not in _WORDS:
        return []
    changes: list[tuple[Path, str]] = [(("output", "labels"), "binary")]
    also = ""
    if view.loss.type not in output.accepted_losses("binary"):
        also = " and `type: binary_crossentropy`"
        changes.append((("loss", "type"), "binary_crossentropy"))
    return [
        report(
            view.span_of("output", "labels"),
            f"`bernoulli` takes the labels 0 and 1, not {_WORDS[output.labels]}",
            label=_WORDS[output.labels],
            related=(Label(view.span_of("output", "distribution"), "is over 0 and 1"),),
            notes=("`bernoulli` has one unit: the probability of the label 1",),
            help=(
                f"write `labels: binary`{also}; for several classes, `distribution: categorical`",
            ),
            fixes=(view.fix_set(f"write `labels: binary`{also}", *changes),),
        )
    ]


_WORDS = {"integer": "class indices", "one_hot": "one-hot rows"}
