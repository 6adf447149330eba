"""A key is written twice in one mapping."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN002")
def duplicate_key(report: Report, span: Span, key: str, first: Span) -> Diagnostic:
    """A key is written twice in one mapping.

    ## What it does
    Reports every key that a mapping already has, with both places. The rest of the spec is checked
    with the value of the first one.

    ## Why it is bad
    YAML and JSON readers keep the last of the two, or the first, without any message. A second
    `units: 84` further down, left over from another experiment, could replace the value that you
    read and change.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    name: second-example
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
    ```

    ## References
    [YAML 1.2.2, section 3.2.1.3](https://yaml.org/spec/1.2.2/#3213-node-comparison): keys are unique.
    [RFC 8259, section 4](https://www.rfc-editor.org/rfc/rfc8259#section-4).
    """
    (line, _), (first_line, _) = span.position, first.position
    other = "the other" if line == first_line else f"the one on line {first_line}"
    return report(
        span,
        f"{quoted(key)} is written twice in one mapping",
        label="written again here",
        related=(Label(first, "first written here"),),
        notes=("the two values may differ, and only one of them could count",),
        help=(f"delete this one, or {other}",),
    )
