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
    """A setting's path names an item or a layer that is not there.

    ## What it does
    Finds layers that a setting calls by a name that no layer has, and indices beyond the end of a
    list. Layers are counted from 0, and from -1 backwards. A layer without a `name` of its own is
    called as in `bnnc plan`.

    ## Why it is bad
    A list is changed where it has something: there is no saying what an item in between would be.

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
        message = f"{quoted(where)} has {count}" + (f", and no `[{step}]`" if names else "")
        help = (
            f"write an index from 0 to {len(names) - 1}, or from -1 for the last one"
            if names
            else f"set {quoted(where)} as a whole"
        )
    else:
        message = f"no layer is called {quoted(step)}"
        shown = ", ".join(quoted(name, 30) for name in names[:12])
        more = f", and {len(names) - 12} more" if len(names) > 12 else ""
        close = get_close_matches(step, names, n=1)
        help = f"write {quoted(close[0])}" if close else "write the name of one of them"
        if names:
            help = f"{help}; the layers are {shown}{more}" if close else f"{help}: {shown}{more}"
    return report(
        span,
        message,
        label="not there",
        related=(Label(there, f"{counted(len(names), 'item') if names else 'nothing'} here"),),
        help=(help,),
    )
