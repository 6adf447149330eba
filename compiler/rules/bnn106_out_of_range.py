"""BNN106."""

from __future__ import annotations

from typing import Any

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json


@finding("BNN106")
def out_of_range(
    report: Report,
    span: Span,
    what: str,
    expected: str,
    value: Json,
    about: str,
    *,
    field: str,
    schema: dict[str, Any],
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
      - {type: dense, units: 0, activation: relu}
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
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, posterior: {initial_scale: 0.01}}
    training: {epochs: 10}
    ```
    """
    return report(
        span,
        f"{what} must be {expected}",
        label="out of range",
        notes=(about,) if about else (),
        help=(_instead(field, value, schema),),
    )


def _instead(field: str, value: Json, schema: dict[str, Any]) -> str:
    """What to write in place of the number."""
    from bnnc.compiler.examples import accepts, entry, example, short
    from bnnc.compiler.recognition import sigma_of_rho

    number = value if isinstance(value, int | float) else 0
    if field in {"initial_scale", "scale"} and number < 0:
        sigma = short(sigma_of_rho(number))
        return (
            "sigma is said as itself, never as the unconstrained rho: if this is a rho, write "
            f"`{field}: {sigma}`, as softplus({short(number)}) is {sigma}"
        )
    if field in {"initial_scale", "scale"} and number == 0:
        return (
            f"write a standard deviation above 0, such as `{entry(field, example(field, schema))}`"
        )
    if field in {"mean", "std"}:
        return (
            "they are said after the mapping of `value_range` to [0, 1]: for raw pixels up to "
            "255, divide by 255" + _divided(field, number, schema)
        )
    if field == "rate" and number == 1:
        return (
            "write the share that is zeroed, such as `rate: 0.5`: at 1 every unit is, and nothing "
            "is left to learn from"
        )
    # A share written as a percentage.
    if 1 < number <= 100 and schema.get("minimum") == 0 and schema.get("exclusiveMaximum") == 1:
        return f"write `{field}: {short(number / 100)}` if {short(number)} % is meant"
    if field == "temperature" and number == 0:
        return "write `temperature: 1.0`; a model without a KL term is `bayesian: {method: none}`"
    nearest = example(field, schema)
    if not isinstance(nearest, int | float) or not accepts(schema, nearest):
        return f"write a value that is {_bounds(schema)}"
    default = ", the default" if schema.get("default") == nearest else ""
    return f"write `{entry(field, nearest)}`{default}, or another number in that range"


def _divided(field: str, number: float, schema: dict[str, Any]) -> str:
    from bnnc.compiler.examples import accepts, short

    share = float(short(number / 255))
    return f", which gives `{field}: {short(share)}`" if accepts(schema, share) else ""


def _bounds(schema: dict[str, Any]) -> str:
    from bnnc.compiler.expected import describe

    return describe(schema)
