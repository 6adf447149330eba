"""The merge key of YAML 1.1."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN016")
def merge_key(report: Report, span: Span) -> Diagnostic:
    """`<<` does not merge mappings.

    ## What it does
    Reports the key `<<`. The rest is checked as if the mappings were merged. In quotes, `"<<"` is
    an ordinary key.

    ## Why it is bad
    The merge key belongs to a proposal for YAML 1.1, and YAML 1.2 does not have it. For readers of
    YAML 1.2, `<<` is an ordinary key, so the same file would be two different specs. The merge key
    also hides which value counts if both mappings have the key.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    x-layer: &layer {type: dense, activation: relu}
    layers:
      - {<<: *layer, units: 84}
    ```

    ## Use instead
    Write the keys out, or use an alias to a whole value:

    ```yaml
    bnnc: 1
    name: example
    x-layer: &layer {type: dense, units: 84, activation: relu}
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - *layer
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [The merge key of YAML 1.1](https://yaml.org/type/merge.html).
    """
    return report(
        span,
        "`<<` does not merge mappings",
        label="merge key of YAML 1.1",
        notes=("YAML 1.2 has no merge key, and JSON has none either",),
        help=(
            "write the keys out here, or use an alias to a whole value, as in `- *layer` or "
            "`prior: *prior`",
        ),
    )
