"""BNN508."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.normalization import BatchNormalization

PROPOSED = 32


@rule("BNN508", needs=("input.shape", "layers", "training.batch_size"))
def batch_normalization_of_a_single_row(view: View, report: Report) -> list[Diagnostic]:
    """Batch normalization gets a single number to normalize.

    ## What it does
    Reports a batch normalization of features, or of maps with one position, under a batch size of
    1.

    ## Why it is bad
    The mean of one number is that number, so the difference is 0. In training, the layer returns
    its `beta` for every image. On the embedded digits such a model has an accuracy of 0.05 after
    five epochs, and 0.96 without the layer. Maps with more positions have several numbers to
    normalize over.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: batch_normalization}
      - {type: dense, units: 10}
    training: {batch_size: 1}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: batch_normalization}
      - {type: dense, units: 10}
    training: {batch_size: 32}
    ```

    ## References
    - Ioffe and Szegedy 2015, arXiv:1502.03167
    """
    if view.training.batch_size != 1:
        return []
    for step in view.shapes.steps:
        layer = step.layer
        if isinstance(layer, BatchNormalization) and layer.normalized_together(step.input) == 1:
            return [
                report(
                    view.span_of(*step.placed.path),
                    "batch normalization of a single row returns the same numbers for every image",
                    label="normalizes over the rows of a batch",
                    related=(Label(view.span_of("training", "batch_size"), "a batch has one row"),),
                    help=(f"write `batch_size: {PROPOSED}`, or delete the layer",),
                    fixes=(
                        view.fix_set(
                            f"write `batch_size: {PROPOSED}`",
                            (("training", "batch_size"), str(PROPOSED)),
                        ),
                    ),
                )
            ]
    return []
