"""BNN410."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import kernels_above


@rule("BNN410", needs=("layers", "bayesian.method", "bayesian.layers"), severity="warning")
def batch_normalization_of_sampled_weights(view: View, report: Report) -> list[Diagnostic]:
    """Batch normalization follows a layer whose weights are sampled.

    ## What it does
    Reports `batch_normalization` directly after a layer with a posterior, with no other weights
    between them.

    ## Why it is bad
    The moving mean and variance are averages over many draws of the weights. At prediction they
    normalize the outputs of each single draw, whose mean and variance are different. So the noise
    of the layer gets a wrong scale, and the uncertainty too.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: batch_normalization}
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: batch_normalization}
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout, layers: last}
    ```
    """
    sections = view.bayesian_sections.items()
    chosen = {index for index, section in sections if section.applied_method.posterior_of_kernel}
    above = kernels_above(view.layers)
    found: list[Diagnostic] = []
    for placed in view.layers:
        # That of a projection is as that of the body, which is found.
        if placed.layer.type != "batch_normalization" or placed.made:
            continue
        feeding = above.get(placed.index)
        if feeding is None or feeding.index not in chosen:
            continue
        found.append(
            report(
                view.span_of(*placed.path),
                "batch normalization follows a layer whose weights are sampled",
                label="averages over draws of the weights",
                related=(Label(view.span_of(*feeding.path, "type"), "its weights are sampled"),),
                notes=("its moving averages do not fit any single draw of the weights",),
                help=(
                    "delete it, or keep the layer before it deterministic: name the other layers in "
                    "`bayesian.layers`, or write `bayesian: {method: none}` in the layer",
                ),
            )
        )
    return found
