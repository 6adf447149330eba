"""A file that is extended and is not there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.diagnostics.edits import replace
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span

_ADDRESS = re.compile(r"[\"']?[A-Za-z][A-Za-z0-9+.-]+://")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


@finding("BNN020")
def missing_base(report: Report, span: Span, path: str, near: Sequence[str]) -> Diagnostic:
    """A file that is extended does not exist.

    ## What it does
    Reports a name in `extends` for which there is no file. Names are relative to the file that
    they stand in.

    ## Why it is bad
    What the file would say is missing, and the spec without it is another one. Nothing is looked up
    elsewhere, and nothing is downloaded.

    ## Example
    ```yaml
    extends: bas.yaml
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

    ## Use instead
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
    written = span.text.strip("\"'")
    folder = written[: written.rfind("/") + 1]
    fixes: tuple[Fix, ...] = ()
    if _ADDRESS.match(span.text):
        help = "save it as a file, and write the file's name: nothing is downloaded"
    elif near:
        names = " or ".join(quoted(folder + name) for name in near)
        help = f"did you mean {names}?"
        if _PLAIN.fullmatch(folder + near[0]):
            edit = replace(span, folder + near[0])
            fixes = (Fix(f"write `{folder + near[0]}`", (edit,), safe=False),)
    else:
        help = "names are relative to the file that they stand in; write the name of one there"
    return report(
        span,
        f"{quoted(path)} does not exist",
        label="no such file",
        help=(help,),
        fixes=fixes,
    )
