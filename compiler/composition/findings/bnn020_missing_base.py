"""A file in `extends` that does not exist."""

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
    """A file in `extends` does not exist.

    ## What it does
    Reports a name in `extends` for which there is no file. Names are relative to the file that
    contains them.

    ## Why it is bad
    Without the keys of that file, the spec would describe another model. bnnc does not look in
    other places and downloads nothing.

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
        help = "save it as a file and write the file name: bnnc downloads nothing"
    elif near:
        names = " or ".join(quoted(folder + name) for name in near)
        help = f"did you mean {names}?"
        if _PLAIN.fullmatch(folder + near[0]):
            edit = replace(span, folder + near[0])
            fixes = (Fix(f"write `{folder + near[0]}`", (edit,), safe=False),)
    else:
        help = "write a file name relative to the file that contains this `extends`"
    return report(
        span,
        f"{quoted(path)} does not exist",
        label="no such file",
        help=(help,),
        fixes=fixes,
    )
