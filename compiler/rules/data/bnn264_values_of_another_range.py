"""BNN264."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted

# Images up to 16 under [0, 255] fill 1/16, 12 bits under [0, 65535] too. What fills a tenth is a
# dark photograph rather than another scale.
SMALLEST_SHARE = 0.1


@rule("BNN264", needs=("input.value_range",), severity="warning")
def values_of_another_range(view: View, report: Report) -> list[Diagnostic]:
    """The images of the data do not have the values that `value_range` says.

    ## What it does
    Finds data of the type uint8, which counts from 0 to 255, under a `value_range` that ends at 1.
    Before training, when the pixels have been read, it finds those that fill less than a tenth of
    the range. Of a named source the range is known: BNN213.

    ## Why it is bad
    `value_range` is mapped to [0, 1] inside the model. Values beyond it are refused by the training.
    Values that fill a small part of it are nearly black images, from which a network learns
    slowly.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: bytes.npz}
    ```

    ```python
    import numpy as np

    images = np.random.default_rng(0).integers(0, 256, (500, 8, 8, 1), dtype=np.uint8)
    np.savez("bytes.npz", x_train=images, y_train=np.arange(500) % 10)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 255]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: bytes.npz}
    ```

    ```python
    import numpy as np

    images = np.random.default_rng(0).integers(0, 256, (500, 8, 8, 1), dtype=np.uint8)
    np.savez("bytes.npz", x_train=images, y_train=np.arange(500) % 10)
    ```
    """
    facts, (first, last) = view.facts, view.input.value_range
    if facts is None or facts.value_range is not None:
        return []
    if facts.values is not None:
        low, high = facts.values
        if high - low >= SMALLEST_SHARE * (last - first):
            return []
        has = f"has values from {low:g} to {high:g}"
        meant = "the lowest and the highest value that a pixel can have"
    elif facts.dtype == "uint8" and last <= 1:
        has, meant = "has values of the type uint8, from 0 to 255", "`value_range: [0, 255]`"
    else:
        return []
    return [
        report(
            view.place("input", "value_range"),
            f"{quoted(facts.name)} {has}, the spec says [{first:g}, {last:g}]",
            label="another range"
            if view.written("input", "value_range")
            else "`value_range` is [0, 255] by default",
            related=(Label(view.place("data", "source"), "the data"),),
            help=(f"write {meant}",),
        )
    ]
