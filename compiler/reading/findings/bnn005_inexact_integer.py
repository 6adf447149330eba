"""Integers that a float cannot hold."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN005")
def inexact_integer(report: Report, span: Span, text: str) -> Diagnostic:
    """An integer is too large to stay exact.

    ## What it does
    Reports integers whose absolute value is 2**53 = 9,007,199,254,740,992 or more, in decimal,
    octal and hexadecimal. Floats are allowed: `1e20` is as exact as any float.

    ## Why it is bad
    JSON has only one kind of number, which most readers store in a 64-bit float. From 2**53 on,
    neighbouring integers become the same float. A seed with 19 digits would change in the manifest
    of the built model, and the run could not be repeated from it.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    training: {seed: 18446744073709551615}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {seed: 1844674407}
    ```

    ## References
    [RFC 7493, section 2.2](https://www.rfc-editor.org/rfc/rfc7493#section-2.2), I-JSON: integers that all readers read exactly.
    """
    return report(
        span,
        f"{quoted(text, 40)} is too large to be an exact integer",
        label="absolute value of 2**53 or more",
        notes=("from 2**53 on, a 64-bit float, and so JSON, cannot store every integer",),
        help=(
            "write an integer below 9,007,199,254,740,992, or, if only the size matters, a float "
            "such as `1e16`",
        ),
    )
