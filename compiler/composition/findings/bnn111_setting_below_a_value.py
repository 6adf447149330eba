"""BNN111."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Mapping, Node, Sequence


@finding("BNN111")
def setting_below_a_value(
    report: Report, span: Span, step: str | int, where: str, node: Node
) -> Diagnostic:
    """The path of an override continues below a value that has no such keys or items.

    ## What it does
    Reports keys below a number or a text, keys below a list, and indices below a mapping.

    ## Why it is bad
    The override would have to replace the value by another kind of value, which no key of the spec
    allows. The path has a typing error, or a part too many.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, name: head}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ```sh
    bnnc check example.yaml --set layers.head.units.minimum=20 --set input.shape.height=8
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, name: head}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ```sh
    bnnc check example.yaml --set layers.head.use_bias=false --set input.shape[0]=8
    ```
    """
    match node:
        case Mapping():
            label = "a mapping"
            keys = ", ".join(quoted(entry.key, 30) for entry in node.entries[:8])
            help = f"write the name of a key, such as {keys}" if keys else "write the name of a key"
        case Sequence():
            label = "a list"
            help = f"write an index, as in {quoted(f'{where}[0]')}, or set the whole list"
        case _:
            label = "a single value"
            help = f"set {quoted(where)} itself"
    return report(
        span,
        f"{quoted(where)} is {label}: it has no {'item' if isinstance(step, int) else 'key'} "
        + quoted(f"[{step}]" if isinstance(step, int) else step),
        label="the path is too long" if label == "a single value" else "the wrong kind of step",
        related=(Label(node.span, label),),
        help=(help,),
    )
