"""BNN222."""

from bnnc.compiler.analysis.remedies import in_place_of_separable
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.depthwise_convolution import SeparableConvolution


@rule("BNN222", needs=("layers", "bayesian"), severity="warning")
def kernel_that_no_posterior_reaches(view: View, report: Report) -> list[Diagnostic]:
    """A separable convolution stays deterministic where every layer is to be Bayesian.

    ## What it does
    Finds `separable_conv1d` and `separable_conv2d` under a method with a posterior on kernels that
    applies to `all` layers.

    ## Why it is bad
    Such a layer has two kernels, one behind the other. The estimators take a layer that is linear
    in its one kernel, so no posterior reaches these two: the model would be surer than `all` says.
    A depthwise convolution, and a convolution of kernel size 1 behind it, are the same function,
    and each of them has its posterior.

    ## Example
    ```yaml
    layers:
      - {type: separable_conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: depthwise_conv2d, kernel_size: 5, use_bias: false}
      - {type: conv2d, filters: 6, kernel_size: 1, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```
    """
    if view.bayesian.layers != "all" or not view.bayesian.applied.posterior_of_kernel:
        return []
    return [
        report(
            view.place(*placed.path, "type"),
            f"`{view.bayesian.method}` cannot reach the two kernels of `{placed.section.type}`",
            label="stays deterministic",
            related=(Label(view.place("bayesian", "method"), "applies to all layers"),),
            help=(
                in_place_of_separable(placed.section),
                "or name the layers that are meant in `bayesian.layers`",
            ),
        )
        for placed in view.layers
        if isinstance(placed.section, SeparableConvolution)
    ]
