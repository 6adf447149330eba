"""An alias inside what it stands for."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN010")
def recursive_alias(report: Report, span: Span, name: str, anchor: Span) -> Diagnostic:
    """An alias stands inside the value that it stands for.

    ## What it does
    Reports an alias whose anchor belongs to a list or mapping that has not ended yet.

    ## Why it is bad
    Such a value holds itself, without end. No model has an infinite number of layers, and JSON cannot
    write it.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    layers: &layers
      - {type: flatten}
      - *layers
    ```

    ## Use instead
    Anchor the part that is meant to stand twice:

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
        f"{quoted('*' + name)} stands inside what it stands for",
        label="would hold itself",
        related=(Label(anchor, f"{quoted('&' + name)} begins here"),),
        help=("write out what is meant here, or let the alias name a part that ends before it",),
    )
