"""A spec that is in no folder, and extends a file."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN024")
def extends_without_a_folder(report: Report, span: Span, name: str) -> Diagnostic:
    """A spec given as a dict extends a file, and it is not said where that file is.

    ## What it does
    Reports `extends` in a spec that comes from a Python dict, which lies in no folder.

    ## Why it is bad
    Names in `extends` are relative to the file that they stand in. Where there is none, the folder
    that the program happens to run in would decide which model is built.

    ## Example
    Given as a dict to `bnnc.check` or `bnnc.compile`:

    ```yaml
    extends: base.yaml
    bnnc: 1
    name: example
    ```

    ## Use instead
    Say the folder, `bnnc.check(spec, folder="specs")`, or save the spec in a file:

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
        "a spec that is in no file extends one, and its folder is not known",
        label="relative to what?",
        help=(
            'say what it is relative to, as in `bnnc.check(spec, folder=".")`, or save the spec in '
            "a file",
        ),
    )
