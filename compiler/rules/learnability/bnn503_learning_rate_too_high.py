"""BNN503."""

from math import isfinite

from bnnc.compiler.analysis.budget import is_bounded, is_one_rate, peak_rate, rate_path, usual_rate
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.outputs.normal import Normal

# `benchmarks/thresholds.md`: up to here Fashion-MNIST is learnt as well as with lower rates, or nearly so.
HIGHEST_BOUNDED = 0.03
HIGHEST_UNBOUNDED = 0.5
# `benchmarks/regression.md`: normal noise whose scale is an output. Where the scale is small, the
# gradient of the location is its error over the square of it.
HIGHEST_BOUNDED_OF_SCALES = 0.02
# 1 - 0.9 is a little less than 0.1.
ROUNDING = 1e-6


@rule("BNN503", needs=("training.optimizer",), severity="warning")
def learning_rate_too_high(view: View, report: Report) -> list[Diagnostic]:
    """The learning rate is too high for its optimizer.

    ## What it does
    Reports a learning rate of 0.03 or more for Adam and similar optimizers. For SGD it reports a
    rate above 0.5, after division by 1 - momentum: momentum adds up steps. For a schedule, the
    highest rate counts. If the scale of normal noise is an output of the model, 0.02 is already too
    high for Adam and similar optimizers.

    ## Why it is bad
    Adam moves every weight by about the learning rate in each step, however small the gradient is.
    Weights of He's size are about sqrt(2 / fan-in), which is 0.05 to 0.3. A learning rate of that
    order changes a weight completely in one step, and the posterior scales too. With normalization
    a network survives higher rates, but it learns less than with lower ones: with batch
    normalization, the NLL on the digits is 0.10 with Adam at 0.01, 0.22 at 0.03 and 1.4 at 0.3.
    `benchmarks/thresholds.md` has the figures, and `benchmarks/regression.md` has them for real
    labels.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.1}}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.003}}
    ```

    ## References
    - Kingma and Ba 2015, arXiv:1412.6980, section 2.1
    """
    optimizer = view.training.optimizer
    epochs = view.training.epochs if view.has("training.epochs") else 1
    peak, bounded = peak_rate(optimizer, epochs), is_bounded(optimizer)
    highest = _highest_bounded(view) if bounded else HIGHEST_UNBOUNDED
    if peak < highest * (1 if bounded else 1 + ROUNDING):
        return []
    path = rate_path(optimizer)
    momentum = getattr(optimizer, "momentum", 0.0)
    proposed = usual_rate(optimizer)
    summed = f": with a momentum of {momentum:g} it acts like {peak:g}" if momentum else ""
    rate = peak * (1 - momentum)
    reached = f"of {rate:g}" if isfinite(rate) else "that grows without bound"
    return [
        report(
            view.span_of(*path),
            f"a learning rate {reached} is too high for `{optimizer.type}`{summed}",
            label=(
                "each step moves every weight by about this much"
                if bounded
                else "a step is this rate times the gradient"
            ),
            notes=(
                "weights start at about sqrt(2 / fan-in), which is 0.05 to 0.3"
                if bounded
                else "steps of this length jump over the minimum",
            ),
            help=(
                f"write `{path[-1]}: {proposed:g}`"
                if is_one_rate(optimizer)
                else f"lower the rates to {proposed:g}",
            ),
            fixes=(view.fix_set(f"write `{path[-1]}: {proposed:g}`", (path, f"{proposed:g}")),)
            if is_one_rate(optimizer)
            else (),
        )
    ]


def _highest_bounded(view: View) -> float:
    known = view.has("output.distribution") and view.has("output.parameterization")
    of_scales = known and isinstance(view.output, Normal)
    if of_scales and view.output.parameterization == "loc_and_unconstrained_scale":
        return HIGHEST_BOUNDED_OF_SCALES
    return HIGHEST_BOUNDED
