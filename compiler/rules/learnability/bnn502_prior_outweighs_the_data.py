"""BNN502."""

from bnnc.compiler.analysis.initial_variance import NEEDS, by_place, kernels_under_a_prior
from bnnc.compiler.analysis.kl_factor import NEEDS as FACTOR_NEEDS
from bnnc.compiler.analysis.kl_factor import OVERCOUNT, kl_factor
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.priors import NormalPrior

# `benchmarks/thresholds.md`: from here on the likelihood suffers, whatever the prior's family.
LARGEST_SHARE = 0.5
# What is proposed is the first of these that costs less than half of that.
PROPOSED = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


@rule("BNN502", needs=(*NEEDS, *FACTOR_NEEDS, "output", "data"), severity="warning")
def prior_outweighs_the_data(view: View, report: Report) -> list[Diagnostic]:
    """The prior outweighs the data: useful weights cost more KL than the labels can pay back.

    ## What it does
    Compares two numbers per training row: the KL of means of He's size, and the information in a
    label, which is log(classes), the loss of guessing. Against a normal prior, a mean m costs m² /
    (2 · scale²) nats, and the means of a layer cost units / scale². The rule reports a prior under
    which the cost is more than half of the information in a label. The part of the KL that comes
    from the standard deviations is left out: training removes it in a few epochs.

    With a `loc`, a mean costs (m - loc)² / (2 · scale²). It costs nothing under a prior that is
    tied to it. Against a Laplace prior it costs |m| / scale, against Student's t (df + 1) / 2 ·
    log(1 + m² / (df · scale²)), and against a scale mixture at least m² / (2 · scale²), where scale
    is the wide one. Concrete dropout has such a prior on the kernels after it, and counts them 1 /
    (1 - rate) times.

    ## Why it is bad
    The optimum of the objective is then close to the prior, and the model is close to guessing. The
    size of the whole KL before training does not decide this, but the part of the means does: in
    `benchmarks/learnability.md`, models with a KL of hundreds of nats per row before training
    learn, if that KL comes from the scales.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: flipout, prior: {scale: 0.03}}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 32}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: flipout, prior: {scale: 0.3}}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 32}
    data: {source: digits}
    ```

    ## References
    - Hinton and van Camp 1993, doi:10.1145/168304.168306
    - Trippe and Turner 2018, arXiv:1801.06230
    """
    rows, factor = view.rows, kl_factor(view)
    kernels = kernels_under_a_prior(view)
    information = view.output.information
    if rows is None or factor is None or not kernels or not information:
        return []
    # A KL that is counted too often is a finding of its own.
    weight = (factor.value if factor.value < OVERCOUNT else 1.0) / rows
    whole = weight * sum(one.times * one.bayesian.prior.kl_of_means(one.shape) for one in kernels)
    if whole <= LARGEST_SHARE * information:
        return []
    # Of several priors, in the section and in layers, the one that costs most is to blame.
    places = by_place(view, kernels, "prior", "scale")

    def cost(path: Path, scale: float | None = None) -> float:
        """Nats per row of the means under the prior at a path, or with another scale."""
        said = places[path][0].bayesian.prior
        prior = said if scale is None else said.model_copy(update={"scale": scale})
        return weight * sum(one.times * prior.kl_of_means(one.shape) for one in places[path])

    path = max(places, key=cost)
    rest = whole - cost(path)
    prior = places[path][0].bayesian.prior
    start = prior.initial_scale
    proposed = next(
        (
            one
            for one in PROPOSED
            if rest + cost(path, one) < LARGEST_SHARE * information / 2 and one > start
        ),
        None,
    )
    learned = " before training" if prior.learned else ""
    plain = isinstance(prior, NormalPrior) and prior.loc == 0
    of_means = "a KL of units / scale² in each layer" if plain else "such a KL"
    return [
        report(
            view.span_of(*path),
            f"the prior outweighs the data: weights of a useful size cost {whole:.2g} nats per "
            f"row, and a label holds only {information:.2g}",
            label=f"a standard deviation of {prior.stddev:.3g}{learned}",
            related=(Label(view.span_of("data", "source"), f"{rows:,} training rows"),),
            notes=(
                f"means of He's size have {of_means}; the optimum of the objective sets most of "
                "them close to the prior",
            ),
            help=(
                f"write `scale: {proposed:g}` for the prior, so that they cost "
                f"{rest + cost(path, proposed):.2g} nats per row",
            )
            if proposed
            else ("use a wider prior, fewer units, or more rows",),
            fixes=(
                view.fix_set(
                    f"write `scale: {proposed:g}` for the prior",
                    (path, f"{proposed:g}"),
                ),
            )
            if proposed
            else (),
        )
    ]
