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
    """Dropout or normalization behind the last layer with weights.

    ## What it does
    Finds dropouts and normalizations between the last kernel and the output.

    ## Why it is bad
    There they act on the distribution's parameters themselves. Dropout sets the logits of single
    classes to 0 at random, which no other weight can make up for; batch normalization ties the
    logits of an image to the other images of its batch, the other normalizations give those of
    every image the same mean and the same spread: no image can be answered more surely.

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
            view.place(*placed.path),
            f"{layer.type} acts on the parameters of the output",
            label="behind the last layer with weights",
            related=(Label(view.place(*last.path, "type"), "the last layer with weights"),),
            notes=(_why(layer),),
            help=("move it before that layer, or leave it out",),
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
        return "a parameter that is dropped is 0, whatever the image shows"
    if isinstance(layer, BatchNormalization):
        return "a batch's own mean and spread would decide how sure the answers are"
    return "the parameters of every image would have the same mean and the same spread"
