"""A spec of more than 1 MiB."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN006")
def text_too_large(report: Report, span: Span, limit: int) -> Diagnostic:
    """The text is larger than 1 MiB.

    ## What it does
    Reports a text of more than 1,048,576 bytes in UTF-8, at the character that passes the limit. It is
    not read any further.

    ## Why it is bad
    A spec is a few hundred lines. A file of this size is something else, data or weights given in the
    place of a spec, or was made to exhaust the memory of whoever reads it.

    ## Example
    Any file of more than 1 MiB, such as `bnnc check weights.h5`.

    ## Use instead
    Give the spec. A generated spec with many equal parts is shorter with an anchor and aliases:

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
        label="the limit is passed here",
        notes=("a spec describes a model in some hundred lines; data and weights are other files",),
        help=("check that this is the file that was meant",),
    )
