"""More than one document in a file."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN011")
def several_documents(report: Report, span: Span) -> Diagnostic:
    """The file has more than one document.

    ## What it does
    Reports a second `---`, even with no text after it. bnnc checks the first document and does not
    read the others.

    ## Why it is bad
    One file is one spec, with one name, one fingerprint and one run. A reader that takes the first
    document and ignores the rest would ignore a part of what you wrote.

    ## Example
    ```yaml
    bnnc: 1
    ---
    name: example
    ```

    ## Use instead
    Write one document. A single `---` before it is allowed:

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
        "a second document starts here",
        label="bnnc does not read the text from here on",
        notes=("`---` ends one document and starts the next; a spec is one document",),
        help=("delete this line, or move the text after it to another file",),
    )
