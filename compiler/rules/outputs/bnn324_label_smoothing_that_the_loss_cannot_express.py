"""BNN324."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.specs.loss import SMOOTHING


@rule(
    "BNN324",
    needs=("output.distribution", "output.labels", "loss.type", "loss.label_smoothing"),
)
def label_smoothing_that_the_loss_cannot_express(view: View, report: Report) -> list[Diagnostic]:
    """Labels are smoothed under a loss that cannot smooth them.

    ## What it does
    Finds `loss.label_smoothing` above 0 under a loss that has no smoothing: a likelihood,
    `sparse_categorical_crossentropy`, and the losses of numbers.

    ## Why it is bad
    Smoothing spreads a share of every label over all classes, so a label becomes a row of shares.
    A log-likelihood is that of the label seen, which is one class. Keras's sparse cross-entropy
    takes class indices, which cannot be shared out, and has no such argument. Both could only
    ignore it. `categorical_crossentropy` of one-hot rows and `binary_crossentropy` are the same
    numbers as the log-likelihood without smoothing, and have it.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    loss: {type: sparse_categorical_crossentropy, label_smoothing: 0.1}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: categorical_crossentropy, label_smoothing: 0.1}
    ```

    ## References
    - Szegedy et al. 2016, arXiv:1512.00567, section 7
    - Keras, `keras.losses.CategoricalCrossentropy`, `label_smoothing`
    """
    smoothing, loss = view.loss.label_smoothing, view.loss.type
    cell = (view.output.distribution, view.output.labels, loss)
    accepted = type(view.output).losses.get(view.output.labels, ())
    if smoothing == 0 or loss in SMOOTHING or loss not in accepted:
        return []  # what is not accepted is refused as it is, whatever its labels
    deleting = view.deleting("loss", "label_smoothing")
    way_out = _WAYS_OUT.get(cell)
    help = (
        f"write {way_out[0]}; or delete `label_smoothing`"
        if way_out
        else ("delete `label_smoothing`")
    )
    reason = (
        "a log-likelihood is that of the label seen"
        if loss == "negative_log_likelihood"
        else "what is smoothed is a choice among classes, and these labels are none"
        if loss != "sparse_categorical_crossentropy"
        else "class indices cannot be shared out, and Keras's loss has no such argument"
    )
    return [
        report(
            view.place("loss", "label_smoothing"),
            f"{loss} cannot smooth labels",
            label=f"a share of {smoothing:g} of every label for all classes",
            related=(Label(view.place("loss", "type"), "takes labels as they are"),)
            if view.written("loss", "type")
            else (),
            notes=(reason,),
            help=(help,),
            fixes=(way_out[1](view), deleting) if way_out else (deleting,),
        )
    ]


def _one_hot_rows(view: View) -> Fix:
    return view.setting(
        "score one-hot rows",
        (("loss", "type"), "categorical_crossentropy"),
        (("output", "labels"), "one_hot"),
    )


def _tensor_of_probabilities(view: View) -> Fix:
    return view.setting(
        "score one-hot rows with Keras's loss",
        (("loss", "type"), "categorical_crossentropy"),
        (("output", "distribution"), "categorical"),
    )


def _yes_or_no(view: View) -> Fix:
    return view.setting(
        "write `binary_crossentropy`", (("loss", "type"), "binary_crossentropy"), safe=True
    )


_CLASS_INDICES = ("`type: categorical_crossentropy` and `labels: one_hot`", _one_hot_rows)
# What is accepted without smoothing, and how to say the same with it.
_WAYS_OUT = {
    ("categorical", "integer", "negative_log_likelihood"): _CLASS_INDICES,
    ("categorical", "integer", "sparse_categorical_crossentropy"): _CLASS_INDICES,
    ("one_hot_categorical", "one_hot", "negative_log_likelihood"): (
        "`type: categorical_crossentropy` and `distribution: categorical`",
        _tensor_of_probabilities,
    ),
    ("bernoulli", "binary", "negative_log_likelihood"): (
        "`type: binary_crossentropy`",
        _yes_or_no,
    ),
    ("independent_bernoulli", "multi_hot", "negative_log_likelihood"): (
        "`type: binary_crossentropy`",
        _yes_or_no,
    ),
}
