"""BNN206."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN206", needs=())
def duplicate_layer_name(view: View, report: Report) -> list[Diagnostic]:
    """Two layers have the same name.

    ## What it does
    Finds layer names that are used twice.

    ## Why it is bad
    `bayesian.layers`, the saved weights and the noise identify a layer by its name. Two layers with
    the same name would draw the same noise, and Keras refuses the model.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, name: head}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, name: hidden}
      - {type: dense, units: 10, name: head}
    ```
    """
    first: dict[str, Path] = {}
    found: list[Diagnostic] = []
    for path, layer in view.written_layers:
        if layer is None or layer.name is None:
            continue
        if layer.name in first:
            found.append(
                report(
                    view.span_of(*path, "name"),
                    f"two layers have the name `{layer.name}`",
                    label="the second one",
                    related=(Label(view.span_of(*first[layer.name], "name"), "the first one"),),
                    notes=("a name identifies one layer, in Keras and in `bayesian.layers`",),
                    help=(
                        f"write `name: {layer.name[:61]}_2` here, or delete `name`; bnnc then names the "
                        "layer after its type",
                    ),
                )
            )
        else:
            first[layer.name] = path
    return found
