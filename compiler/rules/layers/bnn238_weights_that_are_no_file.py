"""BNN238."""

from difflib import get_close_matches

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.layers.backbone import WEIGHT_FILES, Backbone


@rule("BNN238", needs=("layers",))
def weights_that_are_no_file(view: View, report: Report) -> list[Diagnostic]:
    """`weights` that are neither a word of the language nor a file of weights.

    ## What it does
    Finds `weights` of a `backbone` that are not `imagenet` or `none`, and do not end in `.h5`,
    `.weights.h5` or `.keras`.

    ## Why it is bad
    By the ending Keras tells how a file of weights is to be read. Without one it is most likely a
    word that was misspelled.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: imagnet, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: imagenet, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```
    """
    found: list[Diagnostic] = []
    for path, layer in view.written_layers:
        if not isinstance(layer, Backbone) or layer.weights_file is None:
            continue
        if layer.weights_file.endswith(WEIGHT_FILES):
            continue
        close = get_close_matches(layer.weights.lower(), ("imagenet", "none"), n=1)
        found.append(
            report(
                view.place(*path, "weights"),
                f"`{layer.weights}` is no file of weights",
                label="ends in neither `.h5` nor `.keras`",
                help=(f"write `weights: {close[0]}`",)
                if close
                else (
                    "write `weights: imagenet`, `weights: none`, or a file that ends in "
                    "`.weights.h5`, `.h5` or `.keras`",
                ),
                fixes=tuple(
                    view.setting(f"write `weights: {one}`", ((*path, "weights"), one))
                    for one in close
                ),
            )
        )
    return found
