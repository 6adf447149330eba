"""BNN230."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.placement import MAX_PLACED


@rule("BNN230", needs=())
def too_many_layers(view: View, report: Report) -> list[Diagnostic]:
    """Blocks repeat each other to more layers than a model may have.

    ## What it does
    Counts layers and blocks, each as often as the blocks around it are repeated, and finds more
    than 5,000.

    ## Why it is bad
    Keras follows the layers of a model from one to the next, and needs memory and time for each of
    them before the first image: such a model is never built.

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
            view.place(*repeats[0]) if repeats else view.place("layers"),
            f"the blocks make {met:,} layers, and a model may have {MAX_PLACED:,}",
            label="repeats the layers in it",
            notes=("repetitions of a block in a block multiply",),
            help=("write smaller numbers of `times`",),
        )
    ]
