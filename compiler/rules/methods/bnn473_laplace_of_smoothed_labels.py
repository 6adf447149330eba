"""BNN473."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN473", needs=("bayesian.method", "loss.label_smoothing"), severity="warning")
def laplace_of_smoothed_labels(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation is used with label smoothing.

    ## What it does
    Reports `loss.label_smoothing` above 0 under `laplace`.

    ## Why it is bad
    Both reduce the confidence of the same predictions. The posterior uses the second derivatives of
    the likelihood at its maximum, but smoothed labels lead to other weights. The evidence that
    selects the prior's scale is then computed for labels that the data do not have.

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
            view.span_of("loss", "label_smoothing"),
            "`laplace` cannot be fitted to weights from smoothed labels",
            label="already reduces the confidence",
            related=(Label(view.span_of(*path), "is fitted to the labels without smoothing"),),
            help=("delete `label_smoothing`: the posterior also reduces the confidence",),
            fixes=(view.fix_delete("loss", "label_smoothing"),),
        )
    ]
