"""BNN812."""

import itertools

from bnnc.compiler.diagnosis.case import SLOWER, Case, shown
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@symptom(
    "BNN812",
    explains=(
        "BNN805", "BNN817", "BNN818", "BNN819", "BNN815", "BNN820", "BNN821", "BNN811", "BNN830", "BNN832",
        "BNN813", "BNN834", "BNN835", "BNN836", "BNN839",
    ),
)  # fmt: skip
def learning_rate_is_too_high(case: Case, report: Report) -> list[Diagnostic]:
    """A tenth of the learning rate learns more in the same steps.

    ## What it does
    Where the model does not predict its own training rows, doctor trains up to 100 steps from the
    first weights, as the spec says and with a tenth of the learning rate. The symptom is reported if
    the second ends with less than 80 % of the NLL of the first, and ten times the rate does not.

    ## Why it is bad
    Steps that are too long jump over the minimum, or drive units into a region without a gradient,
    from which they do not return.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.5}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Smith 2017, arXiv:1506.01186
    """
    if not case.is_poor or not case.helps(SLOWER):
        return []
    same, slower = case.trial(), case.trial(SLOWER)
    assert same is not None
    assert slower is not None
    steps = case.evidence.trials[0].steps
    losses = case.series("nll")
    notes = [
        f"NLL after {steps} steps from the first weights: {shown(same)}, and {shown(slower)} with a tenth "
        "of the learning rate",
    ]
    rises = sum(after > 1.05 * before for before, after in itertools.pairwise(losses))
    if rises:
        notes.append(f"the training NLL rose in {rises} of {len(losses) - 1} epochs")
    return [
        report(
            case.place(*case.rate_path),
            "the learning rate is too high",
            label="a tenth of it learns more",
            notes=tuple(notes),
            help=(f"write `{case.rate_path[-1]}: {case.lower_rate:.2g}`",),
            fixes=case.fix_of_rate(case.lower_rate),
        )
    ]
