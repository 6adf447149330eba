"""BNN401."""

from difflib import get_close_matches

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

MOST_SUGGESTIONS = 20


@rule("BNN401", needs=("layers", "bayesian.layers", "bayesian.method"))
def unknown_bayesian_layer(view: View, report: Report) -> list[Diagnostic]:
    """`bayesian.layers` names a layer that does not exist.

    ## What it does
    Looks up every name of `bayesian.layers` among the layers. A layer without a name gets its type
    as its name, with a number from the second one on: `conv2d`, `conv2d_1`, `dense`.

    ## Why it is bad
    A misspelt name would leave the layer deterministic without any message: its weights would have
    no posterior, and the model would be more certain than you expect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, name: head}
    bayesian: {method: flipout, layers: [haed]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, name: head}
    bayesian: {method: flipout, layers: [head]}
    ```
    """
    selected = view.bayesian.layers
    if isinstance(selected, str):
        return []
    known = frozenset(name for one in view.layers for name in one.selectors)
    repeated = {one.name: one.selectors[0] for one in view.layers if one.name not in known}
    # What the list has already was not meant by another name in it.
    named = frozenset(selected)
    unnamed = [one for one in view.layers if named.isdisjoint(one.selectors)]
    able = [one.name for one in unnamed if one.layer.carries(view.bayesian.method)]
    found: list[Diagnostic] = []
    for index, name in enumerate(selected):
        if name in known:
            continue
        # Comparing with every name is slow where thousands are wrong, which are not misspellings.
        close = (
            get_close_matches(name, [one.name for one in unnamed], n=1)
            if len(found) < MOST_SUGGESTIONS
            else []
        )
        help = f"did you mean `{close[0]}`?" if close else ""
        if name in repeated:
            close = [repeated[name]]
            help = f"write `{close[0]}`, which names every repetition of that layer"
        if not close and able:
            help = "you can name these layers here: " + ", ".join(f"`{one}`" for one in able[:8])
        elif not close and not known.isdisjoint(named):
            help = "delete it: the list already has every layer that you can name here"
        found.append(
            report(
                view.span_of("bayesian", "layers", index),
                f"there is no layer `{name}`",
                label="not the name of a layer",
                notes=(
                    "a layer without a name gets its type as its name: `dense`, `dense_1` and so on",
                ),
                help=(help,) if help else (),
            )
        )
    return found
