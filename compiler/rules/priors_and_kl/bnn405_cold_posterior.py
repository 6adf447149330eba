"""BNN405."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN405", needs=("bayesian.method", "loss.kl.temperature"), severity="information")
def cold_posterior(view: View, report: Report) -> list[Diagnostic]:
    """A temperature below 1: a cold posterior.

    ## What it does
    Notes `loss.kl.temperature` below 1.

    ## Why it is bad
    Below 1 the objective is no evidence lower bound: the data is counted more than once, and the
    posterior is narrower than Bayes's rule makes it. It often raises accuracy, and is then a sign
    that prior or likelihood do not fit. It is a choice to be known, not a mistake.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 1.0}}
    ```

    ## References
    - Wenzel et al. 2020, arXiv:2002.02405
    """
    temperature = view.loss.kl.temperature
    if view.path_of_kl is None or temperature >= 1:
        return []
    return [
        report(
            view.place("loss", "kl", "temperature"),
            f"a temperature of {temperature:g} makes a cold posterior",
            label="below 1",
            notes=(
                f"it counts the data {1 / temperature:.3g} times: uncertainty comes out too small",
            ),
            help=("write `temperature: 1.0` for the posterior of Bayes's rule",),
        )
    ]
