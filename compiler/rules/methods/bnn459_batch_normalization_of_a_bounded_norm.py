"""BNN459."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import kernels_above


@rule("BNN459", needs=("layers", "bayesian"), severity="warning")
def batch_normalization_of_a_bounded_norm(view: View, report: Report) -> list[Diagnostic]:
    """Batch normalization follows a kernel whose spectral norm is bounded.

    ## What it does
    Reports `batch_normalization` directly after a layer under `spectral_normalization`, or after a
    layer under `sngp` that is not the last, with no other weights between them.

    ## Why it is bad
    Batch normalization divides by the standard deviation of its inputs, whatever the norm of the
    kernel is. It undoes the scaling, and the two layers together have no bound. Distances between
    images, which `sngp` needs, are then stretched and squeezed as in any network. The wide residual
    networks of the paper have both, with a bound of 6, which is hardly ever reached: to reproduce
    them, ignore this warning.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 3}
      - {type: batch_normalization}
      - {type: activation, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: sngp}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 3}
      - {type: activation, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: sngp}
    ```

    ## References
    - Liu et al. 2020, arXiv:2006.10108, section 3.1
    - Gouk et al. 2018, arXiv:1804.04368, section 3.4
    """
    sections = view.bayesian_sections
    above = kernels_above(view.layers)
    found: list[Diagnostic] = []
    for placed in view.layers:
        # That of a projection is as that of the body, which is found.
        if placed.layer.type != "batch_normalization" or placed.made:
            continue
        feeding = above.get(placed.index)
        section = None if feeding is None else sections.get(feeding.index)
        if feeding is None or section is None or section.method != "spectral_normalization":
            continue
        found.append(
            report(
                view.span_of(*placed.path),
                "batch normalization undoes the bound of the spectral norm",
                label="divides by the standard deviation of its inputs",
                related=(
                    Label(
                        view.span_of(*feeding.path, "type"), "its kernel is scaled down to a bound"
                    ),
                ),
                notes=(
                    f"the norm of the kernel stays below {section.norm_multiplier:g}, but not the scale of its outputs",
                ),
                help=("delete the normalization",),
            )
        )
    return found
