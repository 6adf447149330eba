"""BNN604."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN604", severity="information")
def too_many_findings(report: Report, span: Span, limit: int) -> Diagnostic:
    """A spec has more than 1,000 findings, and bnnc leaves out the rest.

    ## What it does
    Shows the first 1,000 findings of a spec, errors before all others, and marks the place of the
    next one.

    ## Why it is bad
    So many findings usually have one cause: a file that is not a spec, or an error in the text that
    moves everything after it to the wrong place. A hundred thousand lines of findings help nobody.

    ## Example
    Twenty thousand unknown keys below `layers`.

    ## Use instead
    Check a file that is a spec:

    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    return report(
        span,
        f"the spec has more than {limit:,} findings: bnnc leaves out the others",
        label="the next one is here",
        notes=("so many findings usually have one cause",),
        help=("correct the first findings and check again, or check that this is the right file",),
    )
