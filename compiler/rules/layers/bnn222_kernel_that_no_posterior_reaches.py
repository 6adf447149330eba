"""BNN222."""

from bnnc.compiler.analysis.remedies import in_place_of_separable
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.depthwise_convolution import SeparableConvolution


@rule("BNN222", needs=("layers", "bayesian"), severity="warning")
def kernel_that_no_posterior_reaches(view: View, report: Report) -> list[Diagnostic]:
    """A separable convolution stays deterministic although the method applies to all layers.

    ## What it does
    Finds `separable_conv1d` and `separable_conv2d` if `bayesian.layers` is `all` and the method
    puts a posterior on kernels.

    ## Why it is bad
    A separable convolution applies two kernels, one after the other. The gradient estimators only
    support a layer that is linear in a single kernel, so these two kernels get no posterior. The
    model would be less uncertain than `all` suggests. A depthwise convolution followed by a
    convolution of kernel size 1 is the same function, and each of the two layers can have a
    posterior.

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
    if view.bayesian.layers != "all" or not view.bayesian.applied_method.posterior_of_kernel:
        return []
    return [
        report(
            view.span_of(*placed.path, "type"),
            f"`{view.bayesian.method}` does not support `{placed.section.type}`, which has two kernels",
            label="stays deterministic",
            related=(Label(view.span_of("bayesian", "method"), "applies to all layers"),),
            help=(
                in_place_of_separable(placed.section),
                "or list the Bayesian layers by name in `bayesian.layers`",
            ),
        )
        for placed in view.layers
        if isinstance(placed.section, SeparableConvolution)
    ]
