"""BNN238."""

from difflib import get_close_matches

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.layers.backbone import WEIGHT_FILES, Backbone


@rule("BNN238", needs=("layers",))
def weights_that_are_no_file(view: View, report: Report) -> list[Diagnostic]:
    """`weights` is neither a keyword nor a file of weights.

    ## What it does
    Finds `weights` of a `backbone` that is not `imagenet` or `none` and does not end in `.h5`,
    `.weights.h5` or `.keras`.

    ## Why it is bad
    Keras chooses the file format by the extension. A value without one of these extensions is most
    likely a misspelled keyword.

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
                view.span_of(*path, "weights"),
                f"`{layer.weights}` is not a file of weights",
                label="does not end in `.h5` or `.keras`",
                help=(f"write `weights: {close[0]}`",)
                if close
                else (
                    "write `weights: imagenet`, `weights: none`, or a file that ends in "
                    "`.weights.h5`, `.h5` or `.keras`",
                ),
                fixes=tuple(
                    view.fix_set(f"write `weights: {one}`", ((*path, "weights"), one))
                    for one in close
                ),
            )
        )
    return found
