"""A text that is a list or a single value."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.tree import Node, Scalar


@finding("BNN014")
def root_is_not_a_mapping(report: Report, root: Node) -> Diagnostic:
    """The text is a list or a single value, not a mapping.

    ## What it does
    Reports a text whose outermost value is a list, a number or a piece of text.

    ## Why it is bad
    A spec is a mapping with the keys `bnnc`, `name`, `input`, `layers`, `output` and other
    sections. A text that is a single value usually has no spaces after its colons, or it is not a
    spec.

    ## Example
    ```yaml
    - {type: flatten}
    - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    if not isinstance(root, Scalar):
        return report(
            root.span,
            "a spec must be a mapping, and this is a list",
            label="list",
            help=("write `key: value` lines, such as `layers:` with this list indented below it",),
        )
    written = root.span.text.split("\n")[0].strip()
    name, colon, value = written.partition(":")
    if colon and value and isinstance(root.value, str):
        help = f"write a space after each colon: {quoted(f'{name}: {value}')}"
    else:
        help = "write `key: value` lines; `bnnc init` writes a spec to start with"
    return report(
        root.span,
        "a spec must be a mapping, and this is a single value",
        label="no key and no colon",
        help=(help,),
    )
