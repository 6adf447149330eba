"""Lists and mappings nested too deep for a spec."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN007")
def nested_too_deep(report: Report, span: Span, limit: int) -> Diagnostic:
    """Lists and mappings are nested more than 64 levels deep.

    ## What it does
    Reports the place that opens a 65th list or mapping inside 64 others. An alias counts with all
    the levels of its value. bnnc does not read the text after it.

    ## Why it is bad
    The sections of a spec have only a few levels. Deeper nesting comes from brackets that are never
    closed, or from a text made to crash its reader: fifty thousand brackets exhaust the stack of
    most YAML and JSON readers.

    ## Example
    Sixty-five brackets, one inside the other: `[[[[[[…]]]]]]`.

    ## Use instead
    Close each bracket after its last value:

    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    return report(
        span,
        f"lists and mappings are nested more than {limit} levels deep",
        label=f"this is level {limit + 1}",
        notes=("the sections of a spec have only a few levels",),
        help=("check the brackets before this place: some are probably not closed",),
    )
