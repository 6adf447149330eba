"""BNN411."""

from bnnc.compiler.budget import reach, steps_known
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View

# Share of a weight that the decay takes in the whole training, below which it does not matter.
LEAST_SHRINKAGE = 0.05


@rule("BNN411", needs=("bayesian.method", "training.optimizer"), severity="warning")
def weight_decay_on_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """Weight decay on top of a KL term.

    ## What it does
    Finds a weight decay of any optimizer under a variational method: `adamw` has one by default.
    Where the data is named and the decay would take less than a twentieth of a weight in the whole
    training, it is let pass.

    ## Why it is bad
    The KL of a normal prior is a decay of the means already, with the strength that the prior
    says. The optimizer's decay comes on top, pulls on the unconstrained scales too, and is in no
    objective: the prior is no longer the one that is written.

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
    bayesian: {method: flipout}
    training: {optimizer: {type: adamw, weight_decay: 0.004}}
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
    bayesian: {method: flipout}
    training: {optimizer: {type: adam}}
    ```
    """
    optimizer = view.training.optimizer
    decay = getattr(optimizer, "weight_decay", 0)
    path_of_posterior = view.path_of_posterior
    if path_of_posterior is None or not decay:
        return []
    steps = steps_known(view) if view.has("training") else None
    if (
        steps is not None
        and decay * reach(optimizer, view.training.epochs, steps) < LEAST_SHRINKAGE
    ):
        return []
    path = ("training", "optimizer", "weight_decay")
    return [
        report(
            view.place(*path)
            if view.written(*path)
            else view.place("training", "optimizer", "type"),
            f"a weight decay of {decay:g} on top of the KL",
            label="decays means and scales",
            related=(Label(view.place(*path_of_posterior), "the KL is a decay already"),),
            notes=("it pulls the unconstrained scales towards 0: a scale of 0.693",),
            help=("write `type: adam`, or `weight_decay: 0`",),
            fixes=(view.setting("write `weight_decay: 0`", (path, "0")),),
        )
    ]
