"""BNN346."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.specs.outputs.normal import Normal


@rule(
    "BNN346",
    needs=(
        "output.distribution",
        "output.classes",
        "output.scale",
        "output.event_size",
        "output.parameterization",
        "loss.type",
        "loss.kl.weight",
        "loss.kl.temperature",
        "bayesian.method",
    ),
    severity="warning",
)
def keras_loss_beside_a_kl(view: View, report: Report) -> list[Diagnostic]:
    """A Keras loss changes the weight of the KL.

    ## What it does
    Finds variational methods with a loss that is a multiple of the negative log-likelihood. These
    are `mean_squared_error` with a scale whose square is not half the number of labels, and
    `binary_crossentropy` of several labels, which Keras averages.

    ## Why it is bad
    The KL is balanced against the log-likelihood. With a multiple of the log-likelihood, the
    posterior has another temperature. With a scale of 0.1, `mean_squared_error` counts the KL 50
    times; with 10 labels, `binary_crossentropy` counts it 10 times. The optimum of a deterministic
    model does not change.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: 0.1, labels: real}
    bayesian: {method: flipout}
    loss: {type: mean_squared_error}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: 0.1, labels: real}
    bayesian: {method: flipout}
    loss: {type: negative_log_likelihood}
    ```
    """
    output = view.output
    path_of_kl = view.path_of_kl
    if path_of_kl is None or view.loss.kl.weight == 0:
        return []
    counted = 1.0
    if view.loss.type == "mean_squared_error":
        # -log-likelihood = event_size / (2 scale²) × Keras's mean of squares + a constant.
        if isinstance(output, Normal) and isinstance(output.scale, int | float):
            counted = output.event_size / (2 * output.scale**2)
    elif view.loss.type == "binary_crossentropy" and isinstance(output, IndependentBernoulli):
        counted = float(output.classes)
    counted_so = counted * view.loss.kl.temperature
    if abs(counted - 1) < 0.01 or abs(counted_so - 1) < 0.01:
        return []
    return [
        report(
            view.span_of("loss", "type"),
            f"with `{view.loss.type}`, the KL counts {counted_so:.3g} times",
            label="a multiple of the negative log-likelihood",
            related=(Label(view.span_of(*path_of_kl), "adds a KL to the loss"),),
            help=(
                "write `type: negative_log_likelihood`, or correct it with "
                f"`kl: {{temperature: {1 / counted:.3g}}}`",
            ),
            fixes=(
                view.fix_set(
                    "write `negative_log_likelihood`",
                    (("loss", "type"), "negative_log_likelihood"),
                ),
            ),
        )
    ]
