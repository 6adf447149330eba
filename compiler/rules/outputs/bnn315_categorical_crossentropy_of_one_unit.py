"""BNN315."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN315", needs=("output.distribution", "output.labels", "loss.type"))
def categorical_crossentropy_of_one_unit(view: View, report: Report) -> list[Diagnostic]:
    """A categorical cross-entropy is used for the single unit of a `bernoulli`.

    ## What it does
    Finds `bernoulli` with `categorical_crossentropy` or `sparse_categorical_crossentropy`.

    ## Why it is bad
    A softmax over one unit is always 1. The categorical cross-entropy is therefore 0 for every
    positive image, whatever the model predicts, and its gradient is 0. The loss looks perfect from
    the first step.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    loss: {type: categorical_crossentropy}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    loss: {type: binary_crossentropy}
    ```
    """
    if (view.output.distribution, view.output.labels) != ("bernoulli", "binary"):
        return []
    if view.loss.type not in {"categorical_crossentropy", "sparse_categorical_crossentropy"}:
        return []
    return [
        report(
            view.span_of("loss", "type"),
            f"`{view.loss.type}` of one unit has no gradient",
            label="compares several classes",
            related=(Label(view.span_of("output", "distribution"), "has one unit"),),
            notes=("a softmax over one unit is always 1, whatever the model predicts",),
            help=("write `type: binary_crossentropy` or `type: negative_log_likelihood`",),
            fixes=(
                view.fix_set(
                    "write `binary_crossentropy`", (("loss", "type"), "binary_crossentropy")
                ),
            ),
        )
    ]
