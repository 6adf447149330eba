"""BNN405."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN405", needs=("bayesian.method", "loss.kl.temperature"), severity="information")
def cold_posterior(view: View, report: Report) -> list[Diagnostic]:
    """The temperature is below 1: the posterior is cold.

    ## What it does
    Reports `loss.kl.temperature` below 1, as information.

    ## Why it is bad
    Below 1 the objective is not an evidence lower bound: the data count more than once, and the
    posterior is narrower than Bayes's rule makes it. This often increases the accuracy, which is a
    sign that the prior or the likelihood does not fit. It is a choice that you should know about,
    not a mistake.

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
            view.span_of("loss", "kl", "temperature"),
            f"a temperature of {temperature:g} makes a cold posterior",
            label="below 1",
            notes=(f"the data count {1 / temperature:.3g} times, so the uncertainty is too small",),
            help=("write `temperature: 1.0` for the posterior that Bayes's rule gives",),
        )
    ]
