"""BNN264."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted

# Images up to 16 cover 1/16 of [0, 255], and 12-bit images 1/16 of [0, 65535]. Images that cover
# more than a tenth are more likely dark photographs than images of another scale.
SMALLEST_SHARE = 0.1


@rule("BNN264", needs=("input.value_range",), severity="warning")
def values_of_another_range(view: View, report: Report) -> list[Diagnostic]:
    """The pixel values of the data do not match `value_range`.

    ## What it does
    Finds data of type uint8, which has values from 0 to 255, with a `value_range` that ends at 1 or
    below. Before training, when the pixels have been read, it also finds data that covers less than
    a tenth of the range. For a named source the range is known, and BNN213 checks it.

    ## Why it is bad
    The model maps `value_range` to [0, 1]. Training refuses values outside of it. Values that cover
    only a small part of it are nearly black images, from which a network learns slowly.

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
    if facts is None or facts.value_range is not None or view.input.is_table:
        return []
    if facts.values is not None:
        low, high = facts.values
        if high - low >= SMALLEST_SHARE * (last - first):
            return []
        has = f"has values from {low:g} to {high:g}"
        meant = "the lowest and the highest value that a pixel can have as `value_range`"
    elif facts.dtype == "uint8" and last <= 1:
        has, meant = "has values of type uint8, from 0 to 255", "`value_range: [0, 255]`"
    else:
        return []
    return [
        report(
            view.span_of("input", "value_range"),
            f"{quoted(facts.name)} {has}, but `value_range` is [{first:g}, {last:g}]",
            label="does not match the data"
            if view.is_explicit("input", "value_range")
            else "`value_range` is [0, 255] by default",
            related=(Label(view.span_of("data", "source"), "the data"),),
            help=(f"write {meant}",),
        )
    ]
