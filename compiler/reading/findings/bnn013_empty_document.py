"""A text without a spec in it."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN013")
def empty_document(report: Report, span: Span) -> Diagnostic:
    """The text is empty.

    ## What it does
    Reports a text that contains only white space, comments and document markers.

    ## Why it is bad
    A text is empty when writing the file has failed, or when every line is a comment. It describes
    no model.

    ## Example
    ```yaml
    # bnnc: 1
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
    """
    return report(
        span,
        "the text is empty",
        label="no key here or below",
        help=("write a spec; `bnnc init` writes one to start with",),
    )
