"""Lists and mappings nested deeper than any spec."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN007")
def nested_too_deep(report: Report, span: Span, limit: int) -> Diagnostic:
    """Lists and mappings are nested more than 64 deep.

    ## What it does
    Reports the place at which a 65th list or mapping is opened inside 64 others. An alias counts with all
    the levels of what it stands for. The text is not read any further.

    ## Why it is bad
    The sections of a spec are nested only a few deep. Deeper nesting comes from brackets that are opened and
    never closed, or from a text made to end its reader: fifty thousand brackets exhaust the stack of
    most YAML and JSON readers.

    ## Example
    Sixty-five brackets, one inside the other: `[[[[[[…]]]]]]`.

    ## Use instead
    Close each bracket behind its last value:

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
        f"lists and mappings are nested more than {limit} deep",
        label=f"this is level {limit + 1}",
        notes=("the sections of a spec are nested only a few deep",),
        help=("check the brackets before this place: most likely some are not closed",),
    )
