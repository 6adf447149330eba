"""BNN106."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json


@finding("BNN106")
def out_of_range(
    report: Report, span: Span, what: str, expected: str, value: Json, about: str, *, field: str
) -> Diagnostic:
    """A number outside the values that make sense.

    ## What it does
    Finds numbers that are too small or too large: sizes below 1, scales that are not positive,
    a dropout rate of 1.

    ## Why it is bad
    Outside its range a setting has no meaning (a standard deviation of 0 has no logarithm), or
    makes a tensor that no machine can hold.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 0}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, posterior: {initial_scale: -0.01}}
    training: {epochs: 0}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, posterior: {initial_scale: 0.01}}
    training: {epochs: 10}
    ```
    """
    help: tuple[str, ...] = ()
    if field in {"initial_scale", "scale"} and isinstance(value, int | float) and value <= 0:
        help = (
            "scales are standard deviations, not the unconstrained rho that some libraries ask "
            f"for; {'a prior scale of 0.1' if field == 'scale' else '0.01'} is a good start",
        )
    if field in {"mean", "std"}:
        help = (
            "they are said after the mapping of `value_range` to [0, 1]: for raw pixels up to "
            "255, divide by 255",
        )
    return report(
        span,
        f"{what} must be {expected}",
        label="out of range",
        notes=(about,) if about else (),
        help=help,
    )
