"""BNN106."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
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
    is_item: bool = False,
) -> Diagnostic:
    """A number is outside its allowed range.

    ## What it does
    Reports numbers that are too small or too large: sizes below 1, scales that are not positive, a
    dropout rate of 1.

    ## Why it is bad
    A value outside its range has no meaning (a standard deviation of 0 has no logarithm), or makes
    a tensor that no machine can hold.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 0, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: flipout, posterior: {initial_scale: -0.01}}
    training: {epochs: 0}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: flipout, posterior: {initial_scale: 0.01}}
    training: {epochs: 10}
    ```
    """
    return report(
        span,
        f"{what} must be {expected}",
        label="out of range",
        notes=(about,) if about else (),
        help=_instead(field, value, schema, is_item=is_item),
    )


def _instead(field: str, value: Json, schema: dict[str, Any], *, is_item: bool) -> tuple[str, ...]:
    """Say what to write instead of the number or the list of numbers."""
    from bnnc.compiler.language.examples import accepts, entry, example, flow, short

    def written(meant: Json) -> str:
        return f"`{flow(meant) if is_item else entry(field, meant)}`"

    if field in {"mean", "std"}:
        return (
            "`mean` and `std` apply after `value_range` has mapped the pixels to [0, 1]: for raw "
            "pixels up to 255, divide by 255" + _divided(value, schema, written),
        )
    number = value if isinstance(value, int | float) else 0
    if field in {"initial_scale", "scale"} and number:
        return _of_sigma(field, number, schema)
    if field in {"initial_scale", "scale"}:
        return (f"write a standard deviation above 0, such as {written(example(field, schema))}",)
    if field == "rate" and number == 1:
        return (
            "write the share of the units that are zeroed, such as `rate: 0.5`: at 1 all units "
            "are zeroed, and the layer passes no information",
        )
    # A share written as a percentage.
    if 1 < number <= 100 and schema.get("minimum") == 0 and schema.get("exclusiveMaximum") == 1:
        return (f"for {short(number)} %, write `{field}: {short(number / 100)}`",)
    if field == "temperature" and number == 0:
        return (
            "write `temperature: 1.0`; for a model without a KL term write `bayesian: {method: none}`",
        )
    nearest = example(field, schema)
    if not isinstance(nearest, int | float) or not accepts(schema, nearest):
        return (f"write a value that is {_bounds(schema)}",)
    default = ", the default" if schema.get("default") == nearest else ""
    return (f"write {written(nearest)}{default}, or another number in this range",)


def _of_sigma(field: str, number: float, schema: dict[str, Any]) -> tuple[str, ...]:
    """Explain a number that is not a standard deviation, with the sigma of each reading."""
    from bnnc.compiler.language.examples import accepts, entry, example, short
    from bnnc.compiler.language.suggestions import sigma_of_rho

    if number > 0:
        generic = f"write `{entry(field, example(field, schema))}`, or another number in this range"
        if not schema.get("maximum", 0) < number < 100:
            return (generic,)
        rho = short(number)
        sigma = short(sigma_of_rho(number))
        return (
            generic,
            f"if this is a rho, sigma is softplus({rho}) = {sigma}, which is out of range too",
        )
    number = max(number, -1000)  # the exponential of less is 0 as well
    of = short(number)
    readings = (
        ("a rho", sigma_of_rho(number), f"softplus({of})"),
        ("the logarithm of sigma", math.exp(number), f"exp({of})"),
        ("the logarithm of the variance", math.exp(number / 2), f"exp({of} / 2)"),
    )
    told = tuple(
        f"if this is {what}, write `{field}: {short(sigma)}`, which is {how}"
        for what, sigma, how in readings
        if accepts(schema, float(short(sigma)))
    )
    generic = (
        f"write a standard deviation above 0, such as `{entry(field, example(field, schema))}`"
    )
    return told or (generic,)


def _divided(value: Json, schema: dict[str, Any], written: Callable[[Json], str]) -> str:
    from bnnc.compiler.language.examples import accepts, short

    numbers = value if isinstance(value, list) else [value]
    shares: list[Json] = [
        float(short(one / 255)) for one in numbers if isinstance(one, int | float)
    ]
    fits = shares and all(accepts(schema, share) for share in shares)
    return (
        f", which gives {written(shares if isinstance(value, list) else shares[0])}" if fits else ""
    )


def _bounds(schema: dict[str, Any]) -> str:
    from bnnc.compiler.language.schema_queries import describe

    return describe(schema)
