"""BNN832."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix

# Variance of the outputs over draws, as a share of that over rows.
SMALLEST_NOISE = 1e-5


@symptom("BNN832")
def draws_do_not_differ(case: Case, report: Report) -> list[Diagnostic]:
    """All weight draws predict the same: the model is deterministic in effect.

    ## What it does
    Compares the variance of the last layer's outputs over weight draws with that over images. It
    reports a model with a method that draws weights, and a variance below a hundred-thousandth.

    ## Why it is bad
    The mutual information is 0, so that no image can be found on which the weights disagree.
    Averaging over draws costs time and changes nothing. The usual cause is a very small
    `initial_scale` that has not grown, or a dropout rate near 0.

    ## Example
    ```yaml
    bayesian: {method: flipout, posterior: {initial_scale: 0.0001}}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```
    """
    noisy = [one for one in case.evidence.layers if one.noise is not None]
    if not noisy or case.view.is_deterministic:
        return []
    last = noisy[-1]
    if last.noise is None or last.noise >= SMALLEST_NOISE or case.is_at_chance:
        return []
    view = case.view
    scales = [kernel.scale for _, kernel in case.posteriors if kernel.scale is not None]
    notes = [f"variance over draws, as a share of that over images: {last.noise:.1g}"]
    if case.held_out is not None and case.held_out.mutual_information is not None:
        notes.append(f"mutual information: {case.held_out.mutual_information:.1g} nats")
    fixes: tuple[Fix, ...] = ()
    if scales:
        place = case.place("bayesian", "posterior", "initial_scale")
        label = f"median standard deviations {min(scales):.2g} to {max(scales):.2g}"
        remedy = "write `initial_scale: 0.01`"
        fixes = (view.fix_set(remedy, (("bayesian", "posterior", "initial_scale"), "0.01")),)
    else:
        place = case.place("bayesian", "method")
        label = "outputs hardly depend on the draw"
        remedy = "use a higher rate of dropout, or another method"
    return [
        report(
            place,
            "the weight draws do not differ",
            label=label,
            notes=tuple(notes),
            help=(remedy,),
            fixes=fixes,
        )
    ]
