"""A spec of more than 1 MiB."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN006")
def text_too_large(report: Report, span: Span, limit: int) -> Diagnostic:
    """The text is larger than 1 MiB.

    ## What it does
    Reports a text of more than 1,048,576 bytes in UTF-8, at the first character above the limit.
    bnnc does not read the text after it.

    ## Why it is bad
    A spec has a few hundred lines. A file of this size is probably something else, such as data or
    weights, or somebody made it to exhaust the memory of its reader.

    ## Example
    Any file of more than 1 MiB, such as `bnnc check weights.h5`.

    ## Use instead
    Pass the file of the spec. For many equal parts, use an anchor and aliases:

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
        f"the text is longer than {limit:,} bytes",
        label="the limit is reached here",
        notes=("a spec has a few hundred lines; data and weights belong in other files",),
        help=("check that this is the right file",),
    )
