"""BNN290."""

from bnnc.compiler.analysis.data_survey import range_text
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# Of the width: what the arithmetic of float32 leaves at the border, as the training allows it.
TOLERANCE = 1e-5


@rule("BNN290", needs=("survey", "input.value_range"))
def values_outside_the_value_range(view: View, report: Report) -> list[Diagnostic]:
    """Pixels have values outside of `input.value_range`.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, finds the lowest and the highest value
    of all pixels. For a named source the range is known, and BNN213 checks it.

    ## Why it is bad
    The model maps `value_range` to [0, 1], and training refuses values outside of it.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 255]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)) * 4095, np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 4095]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)) * 4095, np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels)
    ```
    """
    (first, last), survey = view.input.value_range, view.survey
    facts = view.facts
    if (
        view.input.is_table
        or survey.values is None
        or (facts is not None and facts.value_range is not None)
    ):
        return []
    low, high = survey.values
    tolerance = TOLERANCE * (last - first)
    if low >= first - tolerance and high <= last + tolerance:
        return []
    meant = survey.value_range or survey.values
    text = f"value_range: {range_text(*meant)}"
    return [
        report(
            view.span_of("input", "value_range"),
            f"the pixels have values from {low:g} to {high:g}",
            label=f"`value_range` is [{first:g}, {last:g}]"
            + ("" if view.is_explicit("input", "value_range") else " by default"),
            related=(Label(view.span_of("data", "source"), "the data"),),
            help=(f"write `{text}` if that is what a pixel can be",),
            fixes=(
                view.fix_set(f"write `{text}`", (("input", "value_range"), range_text(*meant))),
            ),
        )
    ]
