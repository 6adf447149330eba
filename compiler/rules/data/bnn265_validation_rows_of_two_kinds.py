"""BNN265."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted


@rule("BNN265", needs=("data.source", "data.validation_split", "data.splits"))
def validation_rows_of_two_kinds(view: View, report: Report) -> list[Diagnostic]:
    """The data has validation or test images, and the spec also splits off others.

    ## What it does
    Finds a `data.validation_split` or a `data.splits.validation` above 0 if the data has a folder
    `val/`, the arrays `x_val` and `y_val`, or rows of a table for validation; and a
    `data.splits.test` above 0 if the data has test images.

    ## Why it is bad
    It is unclear which of the two sets of images should validate or test the model. Training would
    refuse the data, after TensorFlow has started.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz, validation_split: 0.1}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels, x_val=images[:50], y_val=labels[:50])
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels, x_val=images[:50], y_val=labels[:50])
    ```
    """
    data, facts = view.data, view.facts
    if data is None or facts is None or facts.name != data.source:
        return []
    own = {"validation": facts.has_validation, "test": facts.has_test}
    found: list[tuple[tuple[str, ...], str]] = []
    if facts.has_validation and data.validation_split > 0:
        found.append((("data", "validation_split"), "validation"))
    if data.splits is not None:
        shares = {"validation": data.splits.validation, "test": data.splits.test}
        found += [(("data", "splits", one), one) for one in own if own[one] and shares[one] > 0]
    return [
        report(
            view.span_of(*path),
            f"{quoted(data.source)} already has {part} images",
            label=f"splits off other {part} images",
            related=(Label(view.value_span("data", "source"), f"contains {part} images"),),
            help=(f"write `{path[-1]}: 0`, or remove the {part} images from the data",),
        )
        for path, part in found
    ]
