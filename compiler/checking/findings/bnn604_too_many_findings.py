"""BNN604."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN604", severity="information")
def too_many_findings(report: Report, span: Span, limit: int) -> Diagnostic:
    """A spec has more than 1,000 findings; the others are left out.

    ## What it does
    Shows the first 1,000 findings of a spec, errors before all others, and says where the next one
    would stand.

    ## Why it is bad
    So many come of one cause, most often: a file that is no spec, or a slip in the text that puts
    everything behind it in the wrong place. A hundred thousand lines of them help nobody.

    ## Example
    Twenty thousand keys of something else below `layers`.

    ## Use instead
    A spec, whose findings are few:

    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    return report(
        span,
        f"more than {limit:,} findings: the others are left out",
        label="the next one is here",
        notes=("so many come of one cause, most often",),
        help=(
            "mend the first ones and check again, or check that this is the file that was meant",
        ),
    )
