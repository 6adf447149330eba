"""A value of `extends` that is not a file name."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.tree import Mapping, Node, Scalar, Sequence


@finding("BNN019")
def extends_is_no_file_name(report: Report, value: Node, *, in_list: bool) -> Diagnostic:
    """`extends` is neither the name of a file nor a list of names.

    ## What it does
    Reports a value of `extends` that is a number, a mapping, an empty list, or empty text.

    ## Why it is bad
    `extends` names the files that the spec is composed from. If bnnc ignored the value, the keys of
    these files would be missing.

    ## Example
    ```yaml
    extends: {file: base.yaml}
    bnnc: 1
    name: example
    ```

    ## Use instead
    ```yaml
    extends: base.yaml
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
    match value:
        case Mapping():
            what = "a mapping"
        case Sequence(items=()):
            what = "an empty list"
        case Sequence():
            what = "a list"
        case Scalar(value=None):
            what = "`null`"
        case Scalar(value=bool(said)):
            what = f"`{str(said).lower()}`"
        case Scalar(value=str()):
            what = "empty text"
        case _:
            what = "a number"
    return report(
        value.span,
        f"{'each item of ' if in_list else ''}`extends` must be a file name, and this is {what}",
        label="not a file name",
        help=(
            "write `extends: base.yaml`, or `extends: [base.yaml, more.yaml]`, with names relative "
            "to this file, or delete the key",
        ),
    )
