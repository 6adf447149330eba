"""BNN230."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.placement import MAX_PLACED


@rule("BNN230", needs=())
def too_many_layers(view: View, report: Report) -> list[Diagnostic]:
    """The repeated blocks make more layers than a model may have.

    ## What it does
    Counts the layers and blocks of the model, each as often as the surrounding blocks repeat it,
    and finds more than 5,000.

    ## Why it is bad
    Keras builds the model layer by layer, and each layer needs memory and time before the first
    image is read. Such a model would never be built.

    ## Example
    ```yaml
    layers:
      - type: repeat
        times: 200
        body:
          - type: repeat
            times: 100
            body:
              - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - type: repeat
        times: 2
        body:
          - type: repeat
            times: 10
            body:
              - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    met = view.layers_written_out
    if met <= MAX_PLACED:
        return []
    repeats = [path for path, layer in view.written_layers if getattr(layer, "repetitions", 1) > 1]
    return [
        report(
            view.span_of(*repeats[0]) if repeats else view.span_of("layers"),
            f"the blocks make {met:,} layers, but a model may have at most {MAX_PLACED:,}",
            label="repeats its layers",
            notes=("the repetitions of nested blocks multiply",),
            help=("write smaller values for `times`",),
        )
    ]
