"""More keys and values than any spec has."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN008")
def too_many_nodes(report: Report, span: Span, limit: int, *, by_alias: bool) -> Diagnostic:
    """The text has more than 50,000 keys and values.

    ## What it does
    Reports the key or value that passes 50,000, each alias counted as everything that it stands for. The
    text is not read any further.

    ## Why it is bad
    A spec has some hundred keys and values. Aliases can make billions of a few lines: a list of ten
    aliases of a list of ten aliases, nine times over. Whoever expands it runs out of memory.

    ## Example
    Eight lists of ten aliases each, every one of the list before.

    ## Use instead
    Use an alias for a part that is written once and stands in several places:

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
        label="with what this alias stands for" if by_alias else "the limit is passed here",
        notes=("each alias counts as all the keys and values of what it stands for",),
        help=(
            "write out what is meant; aliases of parts that hold aliases multiply"
            if by_alias
            else "check that this is the file that was meant; data belongs in files of its own",
        ),
    )
