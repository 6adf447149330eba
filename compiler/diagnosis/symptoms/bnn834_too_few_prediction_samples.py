"""BNN834."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# The part of the NLL that is due to the number of draws, in nats, and as a share of the NLL.
LARGEST_EXCESS, LARGEST_SHARE = 0.01, 0.1


@symptom("BNN834")
def too_few_prediction_samples(case: Case, report: Report) -> list[Diagnostic]:
    """Predictions depend on the number of weight draws more than on anything else.

    ## What it does
    Predicts held-out rows with at least 16 draws, and computes from them the NLL with as many draws
    as `prediction.samples` asks for. It reports a rise, with its standard error, of more than 10 %
    and 0.01 nats.

    ## Why it is bad
    The metrics are then those of a few draws: the likelihood is too low, the mutual information is
    too small, and another seed gives other numbers.

    ## Example
    ```yaml
    bayesian: {method: flipout, prior: {scale: 0.3}, posterior: {initial_scale: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 10}
    prediction: {samples: 1}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    prediction: {samples: 32}
    ```
    """
    scores = case.held_out or case.train
    if scores is None or case.is_at_chance:
        return []
    if not any(method.has_noise for method, _ in case.view.methods):
        return []  # members that are not random predict the same in every draw
    excess = scores.nll_at_draws - scores.nll + scores.nll_error_of_draws
    if excess <= max(LARGEST_EXCESS, LARGEST_SHARE * abs(scores.nll)):
        return []
    asked = scores.draws
    wanted = min(max(32, 4 * asked), 256)
    if wanted <= asked:
        return []
    path = ("prediction", "samples")
    return [
        report(
            case.place(*path),
            "the number of weight draws is too small for these predictions",
            label=f"{asked} weight draw{'s' if asked > 1 else ''}",
            notes=(
                f"NLL with {asked} draw{'s' if asked > 1 else ''}: {scores.nll_at_draws:.3g} "
                f"(standard error {scores.nll_error_of_draws:.2g}), with more: {scores.nll:.3g}",
            ),
            help=(f"write `samples: {wanted}`",),
            fixes=(case.view.fix_set(f"write `samples: {wanted}`", (path, str(wanted))),),
        )
    ]
