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
    """The loss cannot smooth labels.

    ## What it does
    Finds `loss.label_smoothing` above 0 with a loss that does not support it: a likelihood,
    `sparse_categorical_crossentropy`, and the losses of numbers.

    ## Why it is bad
    Smoothing spreads a part of every label over all classes, so a label becomes a row of
    probabilities. A log-likelihood scores the label itself. Keras's sparse cross-entropy takes
    class indices and has no such argument. Both could only ignore the setting.
    `categorical_crossentropy` with one-hot rows and `binary_crossentropy` support smoothing;
    without smoothing, they equal the negative log-likelihood.

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
        return []  # another rule refuses this combination
    deleting = view.fix_delete("loss", "label_smoothing")
    way_out = _WAYS_OUT.get(cell)
    help = (
        f"write {way_out[0]}; or delete `label_smoothing`"
        if way_out
        else ("delete `label_smoothing`")
    )
    reason = (
        "a log-likelihood scores the label itself, not a smoothed label"
        if loss == "negative_log_likelihood"
        else "label smoothing needs labels that are classes"
        if loss != "sparse_categorical_crossentropy"
        else "a class index cannot be spread over the classes, and Keras's loss has no such argument"
    )
    return [
        report(
            view.span_of("loss", "label_smoothing"),
            f"`{loss}` cannot smooth labels",
            label=f"spreads {smoothing:g} of every label over all classes",
            related=(Label(view.span_of("loss", "type"), "uses the labels as they are"),)
            if view.is_explicit("loss", "type")
            else (),
            notes=(reason,),
            help=(help,),
            fixes=(way_out[1](view), deleting) if way_out else (deleting,),
        )
    ]


def _one_hot_rows(view: View) -> Fix:
    return view.fix_set(
        "write `categorical_crossentropy` and `labels: one_hot`",
        (("loss", "type"), "categorical_crossentropy"),
        (("output", "labels"), "one_hot"),
    )


def _tensor_of_probabilities(view: View) -> Fix:
    return view.fix_set(
        "write `categorical_crossentropy` and `distribution: categorical`",
        (("loss", "type"), "categorical_crossentropy"),
        (("output", "distribution"), "categorical"),
    )


def _yes_or_no(view: View) -> Fix:
    return view.fix_set(
        "write `binary_crossentropy`", (("loss", "type"), "binary_crossentropy"), safe=True
    )


_CLASS_INDICES = ("`type: categorical_crossentropy` and `labels: one_hot`", _one_hot_rows)
# The combinations accepted without smoothing, and the same loss with smoothing.
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
