"""BNN412."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.bayesian import VARIATIONAL


@rule(
    "BNN412",
    needs=("bayesian.method", "bayesian.prior.scale", "bayesian.posterior.initial_scale"),
    severity="warning",
)
def posterior_wider_than_prior(view: View, report: Report) -> list[Diagnostic]:
    """The posterior starts wider than its prior.

    ## What it does
    Compares `posterior.initial_scale` with `prior.scale`.

    ## Why it is bad
    A posterior is what is left of the prior once data is seen, so it is narrower. A wider start
    drowns the signal in noise until the KL has narrowed it, and those epochs are lost.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, prior: {scale: 0.05}, posterior: {initial_scale: 0.2}}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, prior: {scale: 0.05}, posterior: {initial_scale: 0.01}}
    ```
    """
    bayesian = view.bayesian
    scale, prior = bayesian.posterior.initial_scale, bayesian.prior.scale
    if bayesian.method not in VARIATIONAL or isinstance(prior, str) or scale <= prior:
        return []
    return [
        report(
            view.place("bayesian", "posterior", "initial_scale"),
            f"the posterior starts wider than its prior: {scale:g} against {prior:g}",
            label="the posterior's standard deviation",
            related=(Label(view.place("bayesian", "prior", "scale"), "the prior's"),),
            notes=("its noise drowns the signal until the KL has narrowed it",),
            help=(
                f"write `initial_scale: {0.01 if prior > 0.01 else prior / 10:g}`, below the "
                "prior's, or a wider prior",
            ),
            fixes=(
                view.setting(
                    "write `initial_scale: 0.01`",
                    (("bayesian", "posterior", "initial_scale"), "0.01"),
                ),
            )
            if prior > 0.01
            else (),
        )
    ]
