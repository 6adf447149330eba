"""An alias inside its own value."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN010")
def recursive_alias(report: Report, span: Span, name: str, anchor: Span) -> Diagnostic:
    """An alias is inside the value that it refers to.

    ## What it does
    Reports an alias whose anchor is on a list or mapping that has not ended yet.

    ## Why it is bad
    Such a value contains itself, without end. No model has an infinite number of layers, and JSON
    cannot write it.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    layers: &layers
      - {type: flatten}
      - *layers
    ```

    ## Use instead
    Put the anchor on the part that you want to repeat:

    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - &wide {type: dense, units: 84, activation: relu}
      - *wide
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [YAML 1.2.2, section 7.1](https://yaml.org/spec/1.2.2/#71-alias-nodes), alias nodes.
    """
    return report(
        span,
        f"the alias {quoted('*' + name)} is inside its own value",
        label="the value would contain itself",
        related=(Label(anchor, f"{quoted('&' + name)} begins here"),),
        help=("write the value out, or use an alias to a part that ends before this place",),
    )
