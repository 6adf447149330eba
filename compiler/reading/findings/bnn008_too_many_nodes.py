"""More keys and values than a spec may have."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN008")
def too_many_nodes(report: Report, span: Span, limit: int, *, by_alias: bool) -> Diagnostic:
    """The text has more than 50,000 keys and values.

    ## What it does
    Reports the key or value that exceeds the limit of 50,000. Each alias counts as all the keys and
    values of its value. bnnc does not read the text after it.

    ## Why it is bad
    A spec has a few hundred keys and values. A few lines with aliases can produce billions: a list
    of ten aliases to a list of ten aliases, nine times. A reader that expands it runs out of
    memory.

    ## Example
    Eight lists of ten aliases each, where all aliases refer to the list before.

    ## Use instead
    Use an alias for a part that several places repeat:

    ```yaml
    bnnc: 1
    name: example
    x-wide: &wide {type: dense, units: 84, activation: relu}
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - *wide
      - *wide
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [Billion laughs](https://en.wikipedia.org/wiki/Billion_laughs_attack).
    """
    return report(
        span,
        f"the text has more than {limit:,} keys and values",
        label="with the value of this alias" if by_alias else "the limit is reached here",
        notes=("each alias counts as all the keys and values of its value",),
        help=(
            "write the values out: aliases to parts that contain aliases multiply"
            if by_alias
            else "check that this is the right file; data belong in their own files",
        ),
    )
