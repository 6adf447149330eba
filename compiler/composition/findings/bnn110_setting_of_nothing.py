"""BNN110."""

from collections.abc import Sequence
from difflib import get_close_matches

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted
from bnnc.compiler.text.source import Span


@finding("BNN110")
def setting_of_nothing(
    report: Report, span: Span, step: str | int, where: str, names: Sequence[str], there: Span
) -> Diagnostic:
    """The path of an override has a layer or an index that does not exist.

    ## What it does
    Reports names of layers that no layer has, and indices beyond the end of a list. The first layer
    has the index 0, and the last one -1. A layer without a `name` has the name that `bnnc plan`
    shows.

    ## Why it is bad
    An override can only change an item that the list has. bnnc cannot know what the missing items
    would be.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, name: head}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ```sh
    bnnc check example.yaml --set layers.heed.units=20 --set layers[2].units=20
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, name: head}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ```sh
    bnnc check example.yaml --set layers.head.use_bias=false --set layers[-1].activation=linear
    ```
    """
    if isinstance(step, int):
        count = counted(len(names), "item") if names else "no items"
        message = f"{quoted(where)} has {count}" + (f", but no `[{step}]`" if names else "")
        help = (
            f"write an index from 0 to {len(names) - 1}, or a negative one, such as -1 for the last item"
            if names
            else f"set the whole list {quoted(where)}"
        )
    else:
        message = f"there is no layer {quoted(step)}"
        shown = ", ".join(quoted(name, 30) for name in names[:12])
        more = f", and {len(names) - 12} more" if len(names) > 12 else ""
        close = get_close_matches(step, names, n=1)
        help = f"write {quoted(close[0])}" if close else "write the name of a layer"
        if names:
            help = f"{help}; the layers are {shown}{more}" if close else f"{help}: {shown}{more}"
    return report(
        span,
        message,
        label="does not exist",
        related=(Label(there, f"{counted(len(names), 'item') if names else 'nothing'} here"),),
        help=(help,),
    )
