"""BNN415."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN415", needs=("bayesian.method", "loss.kl"), severity="warning")
def kl_of_a_model_without_posterior(view: View, report: Report) -> list[Diagnostic]:
    """`loss.kl` is set, and the model has no KL term.

    ## What it does
    Reports `loss.kl` under `method: none` or `mc_dropout`.

    ## Why it is bad
    Only methods with a posterior learned in training have a KL term. With other methods the setting
    has no effect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    loss: {kl: {temperature: 0.5}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```
    """
    if view.path_of_kl is not None or not view.is_explicit("loss", "kl"):
        return []
    method = view.bayesian.method
    return [
        report(
            view.span_of("loss", "kl"),
            f"`{method}` has no KL term",
            label="has no effect",
            related=(Label(view.span_of("bayesian", "method"), "has no posterior with a KL"),)
            if view.is_explicit("bayesian", "method")
            else (),
            help=("delete `kl`, or write a variational method such as `flipout`",),
            fixes=(view.fix_delete("loss", "kl", safe=True),),
        )
    ]
