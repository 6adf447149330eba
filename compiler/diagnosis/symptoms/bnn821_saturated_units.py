"""BNN821."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# Of the outputs; healthy networks of tanh on digits have up to 0.71 of them there.
LARGEST_SHARE = 0.8


@symptom("BNN821")
def saturated_units(case: Case, report: Report) -> list[Diagnostic]:
    """Most outputs of a layer are at the end of its activation's range.

    ## What it does
    Counts the outputs of hidden layers with `sigmoid`, `tanh` and their relatives that are within
    1 % of an end of the range, over 128 training images. It reports layers with more than 80 %.

    ## Why it is bad
    At the ends the activation is flat, so that no gradient passes. Such units are switches, and the
    layers below them stop learning.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16], mean: 0, std: 0.055}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: tanh}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 8}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: tanh}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 20}
    ```

    ## References
    - Glorot and Bengio 2010
    """
    hidden = case.evidence.layers[:-1]
    found = [one for one in hidden if one.saturated is not None and one.saturated > LARGEST_SHARE]
    if not found:
        return []
    first = found[0]
    path = (*case.placed(first).path, "activation")
    is_written_here = getattr(case.placed(first).section, "activation", None) == first.activation
    return [
        report(
            case.span(first),
            f"{first.saturated:.0%} of the outputs of `{first.name}` are saturated",
            label=f"at an end of the range of `{first.activation}`",
            help=(
                "scale its inputs: by `input.mean` and `input.std`, or by `batch_normalization` "
                "before the layer",
                "or write `activation: relu`",
            ),
            fixes=(case.view.fix_set("write `activation: relu`", (path, "relu")),)
            if is_written_here
            else (),
        )
    ]
