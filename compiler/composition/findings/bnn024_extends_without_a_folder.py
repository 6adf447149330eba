"""A spec without a folder that extends a file."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN024")
def extends_without_a_folder(report: Report, span: Span, name: str) -> Diagnostic:
    """A spec given as a dict extends a file, and its folder is unknown.

    ## What it does
    Reports `extends` in a spec that comes from a Python dict, which is not in a folder.

    ## Why it is bad
    Names in `extends` are relative to the file that contains them. Without such a file, the working
    directory of the program would decide which model is built.

    ## Example
    This spec as a dict in `bnnc.check` or `bnnc.compile`:

    ```yaml
    extends: base.yaml
    bnnc: 1
    name: example
    ```

    ## Use instead
    Write the folder, as in `bnnc.check(spec, folder="specs")`, or save the spec in a file:

    ```yaml
    extends: base.yaml
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
        "the spec is not a file, so the folder of the file that it extends is unknown",
        label="relative to an unknown folder",
        help=(
            'write the folder, as in `bnnc.check(spec, folder=".")`, or save the spec in a file',
        ),
    )
