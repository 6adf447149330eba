"""BNN830."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# Share of the weights of a layer that have returned to the prior.
LARGEST_SHARE = 0.95


@symptom("BNN830", explains=("BNN813", "BNN836", "BNN839"))
def posterior_at_the_prior(case: Case, report: Report) -> list[Diagnostic]:
    """The posterior of a layer has fallen back to its prior: the layer carries nothing.

    ## What it does
    Counts the weights whose standard deviation is within 10 % of the prior's and whose mean is below
    a third of it. It reports layers in which 95 % of the weights are such, if the training has
    brought them there.

    ## Why it is bad
    Such a layer adds noise and no information. Where it happens to one of several layers, the
    network is smaller than it is written. Where it happens to all, nothing is learned.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: residual, body: [{type: dense, units: 64, activation: relu}]}
      - {type: dense, units: 10}
    bayesian: {method: flipout, prior: {scale: 0.1}}
    loss: {kl: {temperature: 0.3}}
    training: {optimizer: {type: adam, learning_rate: 0.02}, epochs: 80}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```

    ## References
    - Ghosh et al. 2019, arXiv:1806.05975
    - Trippe and Turner 2018, arXiv:1801.06230
    """
    found = [
        (layer, kernel)
        for layer, kernel in case.posteriors
        if (kernel.at_prior or 0.0) > LARGEST_SHARE and (kernel.snr or 1.0) < 0.3
    ]
    if not found:
        return []
    layer, kernel = found[0]
    every = len(found) == len(list(case.posteriors))
    return [
        report(
            case.span(layer),
            "the posterior of every layer has fallen back to the prior"
            if every
            else f"the posterior of `{layer.name}` has fallen back to its prior",
            label=f"{kernel.at_prior:.0%} of {kernel.size:,} weights, median |mean| / deviation "
            f"{kernel.snr:.2g}",
            related=tuple(
                Label(case.span(other), f"{measured.at_prior:.0%} of {measured.size:,}")
                for other, measured in found[1:4]
                if case.span(other) != case.span(layer)
            ),
            help=(
                "write a wider prior, such as `prior: {scale: 0.3}`, or a lower "
                "`loss.kl.temperature`, such as 0.1",
                "or use fewer units: the layer does not need them",
            ),
        )
    ]
