"""BNN817."""

from bnnc.compiler.analysis.budget import usual_rate
from bnnc.compiler.diagnosis.case import FASTER, SLOWER, Case, shown
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# Norm of the change of a kernel, as a share of its norm; models that learned moved by a fifth.
LARGEST_MOVE = 0.1
# A run of fewer steps has ended too early at any learning rate.
LEAST_STEPS = 100


@symptom("BNN817", explains=("BNN818", "BNN831", "BNN835", "BNN836", "BNN839"))
def learning_rate_is_too_low(case: Case, report: Report) -> list[Diagnostic]:
    """Ten times the learning rate learns more in the same steps, and the run did not get there.

    ## What it does
    Where the model does not predict its own training rows, doctor trains up to 100 steps from the
    first weights, as the spec says and with ten times the learning rate. The symptom is reported if
    these steps end with less than 80 % of the NLL of the whole run, or if no kernel has moved by a
    tenth of its norm in 100 steps or more, or by a hundredth in fewer.

    ## Why it is bad
    The weights hardly move, and the loss falls too slowly to be of use. More epochs would help as
    well, and cost more.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.00001}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Smith 2017, arXiv:1506.01186
    """
    train, faster = case.train, case.trial(FASTER)
    same = case.trial()
    if not case.is_poor or train is None or faster is None or same is None:
        return []
    moved = [kernel.moved for _, kernel in case.kernels if kernel.moved is not None]
    hardly_moved = max(moved, default=1.0) < LARGEST_MOVE and faster < same
    learns_faster = case.helps(FASTER) and case.is_better(faster, train.nll_of_one_draw)
    # In a few steps, even a tenth of that is far with a usual rate.
    is_short = case.steps < LEAST_STEPS and max(moved, default=1.0) > LARGEST_MOVE / 10
    if is_short or case.helps(SLOWER) or not (learns_faster or hardly_moved):
        return []
    rate, steps = case.evidence.learning_rate, case.evidence.trials[0].steps
    wanted = max(10 * rate, usual_rate(case.view.training.optimizer))
    notes = [
        f"NLL of the training rows: {train.nll_of_one_draw:.3g} after the whole run of "
        f"{case.steps:,} steps, {shown(faster)} after {steps} steps with ten times the learning rate",
    ]
    if moved:
        notes.append(f"the kernels moved by {max(moved):.1%} of their norm at most")
    return [
        report(
            case.place(*case.rate_path),
            "the learning rate is too low",
            label="ten times as much learns faster",
            notes=tuple(notes),
            help=(f"write `{case.rate_path[-1]}: {wanted:.2g}`",),
            fixes=case.fix_of_rate(wanted),
        )
    ]
