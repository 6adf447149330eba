"""An alias without its anchor."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN017")
def undefined_alias(report: Report, span: Span, name: str, anchors: tuple[str, ...]) -> Diagnostic:
    """An alias has no anchor before it.

    ## What it does
    Reports `*name` if no value above has the anchor `&name`.

    ## Why it is bad
    The value is missing. An anchor below the alias does not count: YAML reads from the top.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    layers:
      - *wide
    ```

    ## Use instead
    Put values that you only use through aliases under a key that begins with `x-`, which is not part of
    the spec:

    ```yaml
    bnnc: 1
    name: example
    x-wide: &wide {type: dense, units: 84, activation: relu}
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - *wide
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [YAML 1.2.2, section 7.1](https://yaml.org/spec/1.2.2/#71-alias-nodes), alias nodes.
    """
    if not anchors:
        known = "there is no anchor above"
    else:
        shown = ", ".join(quoted("&" + anchor, 30) for anchor in anchors[:5])
        known = f"anchors above: {shown}" + (", and more" if len(anchors) > 5 else "")
    return report(
        span,
        f"the alias {quoted('*' + name)} has no value: no anchor {quoted('&' + name)} comes before it",
        label="unknown alias",
        notes=(known,),
        help=(
            f"write {quoted('&' + name)} before the value of the alias; if it is text, put it "
            "in quotes",
        ),
    )
