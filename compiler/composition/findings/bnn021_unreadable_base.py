"""A file in `extends` that cannot be read."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN021")
def unreadable_base(report: Report, span: Span, path: str, reason: str) -> Diagnostic:
    """A file in `extends` cannot be read.

    ## What it does
    Reports a name in `extends` that is a folder, a pipe, a device, a broken link, or a file that
    you may not read.

    ## Why it is bad
    Without the keys of that file, the spec would describe another model. bnnc never waits for a
    pipe.

    ## Example
    ```yaml
    extends: .
    bnnc: 1
    name: example
    ```

    ## Use instead
    ```yaml
    extends: ./base.yaml
    bnnc: 1
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
    """
    return report(
        span,
        f"{quoted(path)} {reason}",
        label="cannot be extended",
        help=("write the name of a YAML or JSON file that you may read",),
    )
