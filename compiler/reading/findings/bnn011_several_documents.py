"""More than one document in a file."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN011")
def several_documents(report: Report, span: Span) -> Diagnostic:
    """The file has more than one document.

    ## What it does
    Reports a second `---`, also one with nothing behind it. The first document is checked; the others
    are not read.

    ## Why it is bad
    One file is one spec: its name, its fingerprint and its run belong to it alone. A reader that takes
    the first document and drops the rest would drop half of what was written.

    ## Example
    ```yaml
    bnnc: 1
    ---
    name: example
    ```

    ## Use instead
    One document; a single `---` before it does no harm:

    ```yaml
    ---
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [YAML 1.2.2, chapter 9](https://yaml.org/spec/1.2.2/#chapter-9-document-stream-productions), documents.
    """
    return report(
        span,
        "a second document begins here",
        label="nothing from here on is read",
        notes=("`---` ends one document and begins the next; a spec is one document",),
        help=("delete this line, or move what follows to a file of its own",),
    )
