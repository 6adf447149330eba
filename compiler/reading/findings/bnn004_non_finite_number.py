"""Infinity, not a number, and numbers beyond both."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN004")
def non_finite_number(report: Report, span: Span, text: str) -> Diagnostic:
    """A number is infinite, undefined, or too large for a float.

    ## What it does
    Reports `.inf`, `-.inf` and `.nan`, and numbers such as `1e400` that overflow to infinity in a
    64-bit float.

    ## Why it is bad
    An infinite scale or learning rate makes the loss NaN in the first step. NaN is neither too
    small nor too large in a comparison, so it would pass every check of a range. JSON cannot write
    such a number, so the manifest of the built model could not record it.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    bayesian:
      prior: {distribution: normal, scale: .inf}
    ```

    ## Use instead
    Write a finite number. For a wide prior, write a large scale:

    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian:
      method: flipout
      prior: {distribution: normal, scale: 10.0}
    ```

    ## References
    [RFC 8259, section 6](https://www.rfc-editor.org/rfc/rfc8259#section-6): JSON has no infinity and no NaN.
    """
    if any(character.isdigit() for character in text):
        message = f"{quoted(text)} is larger than the largest float"
        notes: tuple[str, ...] = (
            "the largest 64-bit float is about 1.8e308, and a model's float32 ends at 3.4e38",
        )
    else:
        message = f"{quoted(text)} is not a finite number"
        notes = ("no number in a spec can be infinite or undefined",)
    return report(
        span,
        message,
        label="not finite",
        notes=notes,
        help=("write a finite number, or delete the key to use its default",),
    )
