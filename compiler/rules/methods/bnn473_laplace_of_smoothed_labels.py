"""BNN473."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN473", needs=("bayesian.method", "loss.label_smoothing"), severity="warning")
def laplace_of_smoothed_labels(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation is fitted around weights that smoothed labels found.

    ## What it does
    Finds `loss.label_smoothing` above 0 under `laplace`.

    ## Why it is bad
    Both lower the confidence of the same predictions. The weights are then no maximum of the
    likelihood whose second derivatives the posterior is made of, and the evidence that chooses the
    prior's scale is that of other labels than there are.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    bayesian: {method: laplace, layers: last, prior: {scale: 0.1}}
    loss: {type: categorical_crossentropy, label_smoothing: 0.1}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    bayesian: {method: laplace, layers: last, prior: {scale: 0.1}}
    loss: {type: categorical_crossentropy}
    ```

    ## References
    - Daxberger et al. 2021, arXiv:2106.14806
    """
    path = view.path_of_method(lambda one: one.last_layer_only)
    if path is None or not view.smooths_labels:
        return []
    return [
        report(
            view.place("loss", "label_smoothing"),
            "smoothed labels under `laplace`",
            label="lowers the confidence already",
            related=(Label(view.place(*path), "fitted to the labels as they are"),),
            help=("delete `label_smoothing`: the posterior does what it is for",),
            fixes=(view.deleting("loss", "label_smoothing"),),
        )
    ]
