"""Arguments that a spec does not have."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN704", severity="information")
def argument_without_a_counterpart(report: Report, span: Span, name: str) -> Diagnostic:
    """An argument has no counterpart in a spec.

    ## What it does
    Finds arguments and layers of Keras that a spec does not have, such as initializers.

    ## Why it is bad
    The script may depend on it; a spec that is imported from the script does not have it.

    ## Example
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(84, kernel_initializer="zeros", activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    ```

    ## Use instead
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(84, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    ```
    """
    return report(
        span,
        f"`{name}` has no counterpart in a spec",
        label="is not checked",
        help=("nothing to change here; an imported spec uses the default of the language",),
    )
