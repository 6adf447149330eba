"""Parts of scripts that are not followed."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN703", severity="warning")
def part_that_is_not_followed(
    report: Report, span: Span, reason: str, *, is_value: bool = False
) -> Diagnostic:
    """A part of the script is not followed.

    ## What it does
    Finds values that are known only when the script runs, layers that the language does not have,
    and branches that are neither residual nor parallel.

    ## Why it is bad
    Such a part is not checked. Everything else is.

    ## Example
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(int(input()), activation="relu"),
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
        "this part of the script is not followed",
        label="not checked",
        notes=(reason,),
        help=(
            "write the value as a literal, or check that part yourself"
            if is_value
            else "check that part yourself; everything else is checked",
        ),
    )
