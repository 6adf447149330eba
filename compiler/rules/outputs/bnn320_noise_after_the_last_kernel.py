"""BNN320."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers import LayerSection
from bnnc.specs.layers.normalization import BatchNormalization, Normalization
from bnnc.specs.layers.regularization import Dropping
from bnnc.specs.placement import with_kernel_behind


@rule("BNN320", needs=("layers", "output.parameterization"), severity="warning")
def noise_after_the_last_kernel(view: View, report: Report) -> list[Diagnostic]:
    """Dropout or normalization comes after the last layer with weights.

    ## What it does
    Finds dropout and normalization layers between the last kernel and the output.

    ## Why it is bad
    There they act on the parameters of the output distribution. Dropout sets single logits to 0 at
    random, and no later weight can compensate for it. Batch normalization makes the logits of an
    image depend on the other images of its batch. The other normalizations give the logits of every
    image the same mean and the same variance, so the model cannot be more confident for one image
    than for another.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
      - {type: dropout, rate: 0.2}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    ```
    """
    read = with_kernel_behind(view.layers)
    kernels = [one for one in view.layers if one.section and one.section.has_kernel]
    if not kernels:
        return []
    last = kernels[-1]
    return [
        report(
            view.span_of(*placed.path),
            f"`{layer.type}` acts on the parameters of the output distribution",
            label="after the last layer with weights",
            related=(Label(view.span_of(*last.path, "type"), "the last layer with weights"),),
            notes=(_why(layer),),
            help=("move it before that layer, or delete it",),
        )
        for placed in view.layers
        if (layer := placed.section) is not None
        and placed.index not in read
        and not placed.made
        # Dropout on probabilities or rates is an error: BNN322.
        and not (isinstance(layer, Dropping) and view.output.numbers in {"probs", "rate"})
        and isinstance(layer, Dropping | Normalization)
    ]


def _why(layer: LayerSection) -> str:
    if isinstance(layer, Dropping):
        return "a dropped parameter is 0 for any image"
    if isinstance(layer, BatchNormalization):
        return "the mean and variance of the batch would decide how confident the predictions are"
    return "the parameters of every image would have the same mean and the same variance"
