"""More files, or longer ones, than a spec may extend."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN023")
def too_much_extended(
    report: Report, span: Span, what: str, limit: int, begin: Span | None = None
) -> Diagnostic:
    """The files that a spec extends exceed a limit together.

    ## What it does
    Reports a spec that is composed from more than 64 files, or whose files together have more than
    1 MiB of text or 50,000 keys and values. Each file counts once.

    ## Why it is bad
    A spec usually extends one or two files. A chain of hundreds is usually the mistake of a
    program, and nobody can read the resulting spec.

    ## Example
    A file that extends a file that extends a file, and so on a hundred times.

    ## Use instead
    Name few files. The keys of a later file replace those of an earlier one:

    ```yaml
    extends: [base.yaml, wide.yaml]
    name: example
    ```

    ```yaml
    # base.yaml
    bnnc: 1
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ```yaml
    # wide.yaml
    training: {batch_size: 512}
    ```
    """
    related = () if begin is None or begin == span else (Label(begin, "the first one"),)
    return report(
        span,
        f"the spec is composed from more than {limit:,} {what}",
        label="the limit is reached here",
        related=related,
        help=("use fewer and smaller files",),
    )
