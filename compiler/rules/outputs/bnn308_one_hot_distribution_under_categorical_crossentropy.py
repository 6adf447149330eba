"""BNN308."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN308", needs=("output.distribution", "output.labels", "loss.type"))
def one_hot_distribution_under_categorical_crossentropy(
    view: View, report: Report
) -> list[Diagnostic]:
    """`one_hot_categorical` under `categorical_crossentropy`: the loss sees a sample.

    ## What it does
    Finds a `one_hot_categorical` output whose loss is Keras's categorical cross-entropy.

    ## Why it is bad
    In TensorFlow Probability a distribution that is handed to a Keras loss is turned into a
    tensor, and that tensor is a sample: a one-hot row, drawn at random, with no gradient. The loss
    is 16.1 or 0 for each image, the weights before it do not move, and the model stays at chance.
    Nothing raises an error. In Keras 3 such a layer cannot even enter a Sequential model.

    Read charitably, the pair means the negative log-likelihood. That is the same number, and has
    its gradient.

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
            view.place("loss", "type"),
            "categorical_crossentropy of a one_hot_categorical scores a sample of it",
            label="takes a tensor",
            related=(
                Label(view.place("output", "distribution"), "is turned into one by sampling"),
            ),
            notes=(
                "a sample is a one-hot row without a gradient: the model would stay at chance",
                "negative_log_likelihood is the number that is meant, with its gradient",
            ),
            help=(
                "write `distribution: categorical`, since labels are smoothed"
                if view.smooths_labels
                else "write `type: negative_log_likelihood`, or keep the loss and write "
                "`distribution: categorical`",
            ),
            fixes=(
                # The log-likelihood is of the label seen, so labels that are smoothed keep the loss.
                view.setting(
                    "write the distribution whose probabilities Keras's loss takes",
                    (("output", "distribution"), "categorical"),
                    safe=True,
                )
                if view.smooths_labels
                else view.setting(
                    "write what is meant, the same number with its gradient",
                    (("loss", "type"), "negative_log_likelihood"),
                    safe=True,
                ),
            ),
        )
    ]
