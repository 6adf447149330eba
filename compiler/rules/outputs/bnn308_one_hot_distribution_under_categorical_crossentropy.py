"""BNN308."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN308", needs=("output.distribution", "output.labels", "loss.type"))
def one_hot_distribution_under_categorical_crossentropy(
    view: View, report: Report
) -> list[Diagnostic]:
    """`categorical_crossentropy` scores a random sample of a `one_hot_categorical`.

    ## What it does
    Finds a `one_hot_categorical` output whose loss is Keras's categorical cross-entropy.

    ## Why it is bad
    In TensorFlow Probability, a distribution that is passed to a Keras loss is converted to a
    tensor, and this tensor is a sample: a random one-hot row without a gradient. The loss is 16.1
    or 0 for each image, the weights of the model do not change, and the accuracy stays at chance.
    There is no error message. In Keras 3, such a layer cannot even be added to a Sequential model.

    The intended loss is most likely the negative log-likelihood. It is the cross-entropy of the
    probabilities, and it has a gradient.

    ## Example
    ```yaml
    output: {distribution: one_hot_categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: categorical_crossentropy}
    ```

    ## Use instead
    ```yaml
    output: {distribution: one_hot_categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: negative_log_likelihood}
    ```

    ## References
    - TensorFlow Probability, `tfp.layers.DistributionLambda`, `convert_to_tensor_fn`
    - Keras, `keras.losses.CategoricalCrossentropy`
    """
    if (view.output.distribution, view.output.labels, view.loss.type) != (
        "one_hot_categorical",
        "one_hot",
        "categorical_crossentropy",
    ):
        return []
    return [
        report(
            view.span_of("loss", "type"),
            "`categorical_crossentropy` scores a random sample of the `one_hot_categorical` distribution",
            label="expects a tensor",
            related=(
                Label(view.span_of("output", "distribution"), "becomes a tensor by sampling"),
            ),
            notes=(
                "a sample is a one-hot row without a gradient, so the model would not learn",
                "`negative_log_likelihood` is the intended cross-entropy, with a gradient",
            ),
            help=(
                "write `distribution: categorical`, because the spec smooths the labels"
                if view.smooths_labels
                else "write `type: negative_log_likelihood`, or keep the loss and write "
                "`distribution: categorical`",
            ),
            fixes=(
                # The log-likelihood cannot smooth labels, so a spec that smooths them keeps its loss.
                view.fix_set(
                    "write `distribution: categorical`, whose probabilities Keras's loss takes",
                    (("output", "distribution"), "categorical"),
                    safe=True,
                )
                if view.smooths_labels
                else view.fix_set(
                    "write `negative_log_likelihood`, the intended loss with a gradient",
                    (("loss", "type"), "negative_log_likelihood"),
                    safe=True,
                ),
            ),
        )
    ]
