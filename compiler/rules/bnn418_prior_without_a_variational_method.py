"""BNN418."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.bayesian import VARIATIONAL


@rule(
    "BNN418",
    needs=("bayesian.method", "bayesian.prior", "bayesian.posterior"),
    severity="warning",
)
def prior_without_a_variational_method(view: View, report: Report) -> list[Diagnostic]:
    """A prior or a posterior is described, and no weight has one.

    ## What it does
    Finds `bayesian.prior` and `bayesian.posterior` under `method: none` or `mc_dropout`.

    ## Why it is bad
    Only the variational methods put a posterior on kernels and hold it to a prior. What is written
    about them has no effect, and its author may believe that it has.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian:
      method: mc_dropout
      prior: {distribution: normal, scale: 1.0}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian:
      method: mc_dropout
    ```
    """
    method = view.bayesian.method
    if method in VARIATIONAL:
        return []
    return [
        report(
            view.place("bayesian", key),
            f"`{method}` has no {key} of the weights",
            label="has no effect",
            related=(Label(view.place("bayesian", "method"), "no posterior on the weights"),),
            help=(f"delete `{key}`, or write a variational method such as `method: flipout`",),
            fixes=(view.deleting("bayesian", key, safe=True),),
        )
        for key in ("prior", "posterior")
        if view.written("bayesian", key)
    ]
