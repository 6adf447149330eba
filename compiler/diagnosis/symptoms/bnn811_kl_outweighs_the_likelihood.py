"""BNN811."""

from bnnc.compiler.diagnosis.case import SLOWER, WITHOUT_KL, Case, shown
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# The NLL of a short training without the KL, as a share of that with it.
LARGEST_SHARE = 0.5
# And as a share of the NLL of guessing.
LEARNS = 0.95


@symptom(
    "BNN811",
    explains=(
        "BNN805", "BNN812", "BNN817", "BNN818", "BNN820", "BNN830", "BNN813", "BNN834", "BNN835",
        "BNN836", "BNN839",
    ),
)  # fmt: skip
def kl_outweighs_the_likelihood(case: Case, report: Report) -> list[Diagnostic]:
    """The KL divergence keeps the model from learning.

    ## What it does
    Where the model does not predict its own training rows, doctor trains up to 100 steps from the
    first weights, with the KL and without it. The symptom is reported if the second ends with less
    than half of the NLL of the first, and a tenth of the learning rate does not help more.

    ## Why it is bad
    The optimum of the loss is then close to the prior: each weight has a mean near 0 and the
    prior's standard deviation, and every image gets the same prediction. The size of the KL alone
    does not decide this. Most of a large KL comes from standard deviations, and costs no accuracy.

    ## Example
    ```yaml
    bayesian: {method: flipout, prior: {scale: 0.1}}
    loss: {kl: {temperature: 50}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 10}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```

    ## References
    - Trippe and Turner 2018, arXiv:1801.06230
    - Wenzel et al. 2020, arXiv:2002.02405
    """
    if not case.is_poor or not list(case.posteriors):
        return []
    collapsed = _collapsed(case)
    if case.trial() is None:
        if not (case.is_at_chance and collapsed):
            return []
    elif not (case.helps(WITHOUT_KL, LARGEST_SHARE) and _learns_without(case)):
        return []
    elif case.helps(SLOWER) and (case.trial(SLOWER) or 0.0) < (case.trial(WITHOUT_KL) or 0.0):
        return []  # a lower learning rate helps more: BNN812
    view = case.view
    last = case.evidence.history[-1] if case.evidence.history else {}
    notes = []
    if "kl" in last and "nll" in last:
        first = case.evidence.history[0]
        weight = case.evidence.kl_weight
        notes.append(
            f"share of the KL in the loss: {_share(first, weight):.1%} in the first epoch, "
            f"{_share(last, weight):.1%} in the last"
        )
    same, without = case.trial(), case.trial(WITHOUT_KL)
    if same is not None and without is not None:
        steps = case.evidence.trials[0].steps
        notes.append(
            f"NLL after {steps} steps from the first weights: {shown(same)}, and {shown(without)} "
            "without the KL"
        )
    if collapsed:
        notes.append(f"{collapsed:.0%} of the weights have a mean near 0 for their deviation")
    temperature = view.loss.kl.temperature
    if temperature > 1:
        path, text = ("loss", "kl", "temperature"), "1.0"
    elif view.loss.kl.weight != "per_example" and case.evidence.kl_weight > 2 / case.evidence.rows:
        path, text = ("loss", "kl", "weight"), "per_example"
    elif _prior_is_narrow(case):
        path, text = ("bayesian", "prior", "scale"), "0.3"
    else:
        path, text = ("loss", "kl", "temperature"), "0.1"
    return [
        report(
            case.place(*path),
            "the KL divergence outweighs the likelihood",
            label=f"weight of the KL {case.evidence.kl_weight:.3g}, for {case.evidence.rows:,} rows",
            notes=tuple(notes),
            help=(f"write `{path[-1]}: {text}` in `{'.'.join(path[:-1])}`",),
            fixes=(view.fix_set(f"write `{path[-1]}: {text}`", (path, text)),),
        )
    ]


def _learns_without(case: Case) -> bool:
    """Whether the short training without the KL is better than guessing."""
    without, train = case.trial(WITHOUT_KL), case.train
    chance = None if train is None else train.chance_nll
    return without is not None and (chance is None or case.is_better(without, chance, LEARNS))


def _share(metrics: dict[str, float], weight: float) -> float:
    divergence = weight * metrics["kl"]
    return divergence / max(divergence + metrics["nll"], 1e-12)


def _collapsed(case: Case) -> float:
    """Share of the weights in layers whose means are small against their standard deviations."""
    sizes = [(kernel.size, kernel.snr or 0.0) for _, kernel in case.posteriors]
    whole = sum(size for size, _ in sizes)
    small = sum(size for size, ratio in sizes if ratio < 0.1)
    return small / max(whole, 1) if small > 0.5 * whole else 0.0


def _prior_is_narrow(case: Case) -> bool:
    """Whether a useful weight, of He's size, is more than three deviations of the prior."""
    return any(
        kernel.prior_scale is not None and (2 / kernel.inputs) ** 0.5 > 3 * kernel.prior_scale
        for _, kernel in case.posteriors
    )
