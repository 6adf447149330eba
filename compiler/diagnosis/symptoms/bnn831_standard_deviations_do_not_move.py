"""BNN831."""

from math import log

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# Mean change of the logarithm of the standard deviations.
SMALLEST_CHANGE = 1e-4
LEAST_STEPS = 50


@symptom("BNN831")
def standard_deviations_do_not_move(case: Case, report: Report) -> list[Diagnostic]:
    """The standard deviations of the posterior are still those of the start.

    ## What it does
    Compares the standard deviations of all kernels with those before training. It reports a mean
    change of less than 0.01 % after at least 50 steps, unless they began at the prior's.

    ## Why it is bad
    The uncertainty of the weights is then what `initial_scale` says, and not what the data says.
    The usual causes: a low `posterior_scale_learning_rate_multiplier`, a low learning rate with
    SGD, few steps.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    training:
      optimizer: {type: adam, learning_rate: 0.002}
      posterior_scale_learning_rate_multiplier: 0.00001
      epochs: 5
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```
    """
    posteriors = list(case.posteriors)
    if not posteriors or case.steps < LEAST_STEPS:
        return []
    for _, kernel in posteriors:
        if kernel.scale_moved is None or kernel.scale_moved >= SMALLEST_CHANGE:
            return []
    if all(
        kernel.scale and kernel.prior_scale and abs(log(kernel.scale / kernel.prior_scale)) < 0.1
        for _, kernel in posteriors
    ):
        return []  # the optimum is where they began
    view = case.view
    multiplier = view.training.posterior_scale_learning_rate_multiplier
    path = ("training", "posterior_scale_learning_rate_multiplier")
    largest = max(kernel.scale_moved or 0.0 for _, kernel in posteriors)
    wanted = "1.0" if multiplier < 1 else "10.0"
    return [
        report(
            case.place(*path),
            "the standard deviations of the posterior have not moved",
            label=f"{largest:.2g} of their logarithm at most in {case.steps:,} steps",
            notes=(
                "the uncertainty of the weights is that of `initial_scale`, not that of the data",
            ),
            help=(f"write `posterior_scale_learning_rate_multiplier: {wanted}`",),
            fixes=(
                view.fix_set(
                    f"write `posterior_scale_learning_rate_multiplier: {wanted}`", (path, wanted)
                ),
            ),
        )
    ]
