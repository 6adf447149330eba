"""BNN816."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# Standard deviations of the data, and a factor of its variance.
LARGEST_ERROR, LARGEST_FACTOR = 0.7, 3.0


@symptom("BNN816", explains=("BNN813", "BNN835", "BNN836"))
def batch_statistics_too_slow(case: Case, report: Report) -> list[Diagnostic]:
    """The moving averages of a batch normalization are not those of the data.

    ## What it does
    Compares the moving mean and variance of each `batch_normalization` with the mean and variance
    of what it gets from 128 training images. It reports a mean that is off by 0.7 standard
    deviations, or a variance that is off by a factor of 3.

    ## Why it is bad
    Training uses the statistics of each batch, prediction the moving averages. If those have not
    arrived, a model with a good training accuracy predicts badly. The usual causes: a `momentum`
    near 1 and few steps.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: batch_normalization, momentum: 0.9999}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: batch_normalization, momentum: 0.9}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 10}
    ```

    ## References
    - Ioffe and Szegedy 2015, arXiv:1502.03167
    """
    for one in case.evidence.layers:
        error, ratio = one.moving_mean_error, one.moving_variance_ratio
        if error is None or ratio is None:
            continue
        if error <= LARGEST_ERROR and 1 / LARGEST_FACTOR <= ratio <= LARGEST_FACTOR:
            continue
        momentum = getattr(case.placed(one).layer, "momentum", 0.99)
        wanted = max(0.5, min(0.99, 1 - 10 / max(case.steps, 20)))
        is_slow = momentum > wanted + 0.001
        path = (*case.placed(one).path, "momentum")
        return [
            report(
                case.view.span_of(*path),
                f"the moving averages of `{one.name}` are not those of the data",
                label=f"mean off by {error:.2g} standard deviations, variance by a factor of "
                f"{ratio:.2g}",
                notes=(f"{case.steps:,} steps were taken, with `momentum: {momentum:g}`",),
                help=(f"write `momentum: {wanted:.2g}`" if is_slow else "train longer",),
                fixes=(
                    case.view.fix_set(f"write `momentum: {wanted:.2g}`", (path, f"{wanted:.2g}")),
                )
                if is_slow
                else (),
            )
        ]
    return []
