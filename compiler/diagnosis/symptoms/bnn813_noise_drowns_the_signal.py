"""BNN813."""

import math

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.runtime.diagnosis.evidence import LayerEvidence
from bnnc.specs.placement import Placed

# Variance of the last layer's outputs over draws, as a multiple of that over rows.
LARGEST_NOISE = 1.0
# What a single draw loses against the mixture, as a share of the NLL of guessing.
LEAST_COST = 0.1
# A dropout rate from which on a poor model is reported: its noise has ten times the signal.
LARGEST_RATE = 0.9


@symptom(
    "BNN813",
    explains=(
        "BNN805",
        "BNN812",
        "BNN817",
        "BNN818",
        "BNN815",
        "BNN820",
        "BNN834",
        "BNN835",
        "BNN836",
        "BNN839",
    ),
)
def noise_drowns_the_signal(case: Case, report: Report) -> list[Diagnostic]:
    """The outputs depend more on the weight draw than on the image.

    ## What it does
    Measures the variance of every layer's outputs over weight draws, and over images. It reports a
    model whose last layer has more of the first, if single draws predict much worse than their
    mixture, and names the first layer where that is so. A model that does not predict its training
    rows and has a dropout rate of 0.9 or more is reported as well.

    ## Why it is bad
    One draw, such as a training step sees, predicts badly, so that the gradient is mostly noise.
    The mixture over draws can still be right, and it is underconfident. The usual causes: an
    `initial_scale` that is too large for the width of the layers, a high dropout rate, too wide a
    prior with few steps.

    ## Example
    ```yaml
    bayesian: {method: flipout, posterior: {initial_scale: 0.7}}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```

    ## References
    - Kingma et al. 2015, arXiv:1506.02557
    """
    noisy = [one for one in case.evidence.layers if one.noise is not None]
    train = case.train
    dropped = _dropped(case)
    if dropped is not None:
        return [_of_dropout(case, report, *dropped)]
    if not noisy or (noisy[-1].noise or 0.0) <= LARGEST_NOISE or train is None:
        return []
    cost = train.nll_of_one_draw - train.nll
    guessing = 1.0 if train.is_of_numbers else train.chance_nll or 0.0
    if cost < LEAST_COST * guessing and not _began_as_noise(case):
        return []  # little noise can drown the signal of a model that has learned nothing
    first = next(one for one in noisy if (one.noise or 0.0) > LARGEST_NOISE)
    notes = (
        f"NLL of the training rows: {train.nll_of_one_draw:.3g} with one draw, {train.nll:.3g} "
        "averaged over draws",
    )
    view, last = case.view, noisy[-1]
    scales = [kernel.scale for _, kernel in case.posteriors if kernel.scale is not None]
    fixes: tuple[Fix, ...] = ()
    if scales:
        start = view.bayesian.posterior.initial_scale
        lower = min(0.01, start / 10)
        remedy = f"write `initial_scale: {lower:g}` in `bayesian.posterior`"
        fixes = (
            view.fix_set(
                f"write `initial_scale: {lower:g}`",
                (("bayesian", "posterior", "initial_scale"), f"{lower:g}"),
            ),
        )
        if start < 0.02:
            remedy, fixes = "use a narrower prior, or `loss.kl.temperature: 0.1`", ()
    else:
        remedy = "use a lower dropout rate"
    return [
        report(
            case.span(first),
            "the noise of the weights drowns the signal",
            label=f"variance over draws is {_times(first)} that over images",
            related=()
            if case.span(last) == case.span(first)
            else (Label(case.span(last), _times(last)),),
            notes=notes,
            help=(remedy,),
            fixes=fixes,
        )
    ]


def _times(layer: LayerEvidence) -> str:
    noise = layer.noise or 0.0
    return "100 times or more" if noise >= 100 else f"{noise:.3g} times"


def _dropped(case: Case) -> tuple[Placed, float] | None:
    """The dropout of a poor model that leaves the fewest units, if it leaves hardly any."""
    if not case.is_poor:
        return None
    rates = [(one, getattr(one.layer, "rate", None)) for one in case.view.layers]
    known = [(one, rate) for one, rate in rates if isinstance(rate, float)]
    highest = max(known, key=lambda one: one[1], default=None)
    return highest if highest is not None and highest[1] >= LARGEST_RATE else None


def _of_dropout(case: Case, report: Report, placed: Placed, rate: float) -> Diagnostic:
    path = (*placed.path, "rate")
    return report(
        case.view.span_of(*path),
        "the noise of the dropout drowns the signal",
        label=f"keeps {1 - rate:.0%} of its inputs",
        notes=(
            f"each kept input is multiplied by {1 / (1 - rate):.3g}: the variance that the dropout "
            f"adds is {rate / (1 - rate):.3g} times the mean square of its inputs",
        ),
        help=("write `rate: 0.2`",),
        fixes=(case.view.fix_set("write `rate: 0.2`", (path, "0.2")),),
    )


def _began_as_noise(case: Case) -> bool:
    """Whether a poor model began with standard deviations larger than the means in every layer."""
    posteriors = list(case.posteriors)
    return (
        case.is_poor
        and bool(posteriors)
        and all(
            (kernel.scale_at_start or 0.0) > (kernel.rms_at_start or math.inf)
            for _, kernel in posteriors
        )
    )
