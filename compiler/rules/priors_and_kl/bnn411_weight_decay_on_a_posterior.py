"""BNN411."""

from bnnc.compiler.analysis.budget import reach, steps_known
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path

# Share of a weight that the decay takes in the whole training, below which it does not matter.
LEAST_SHRINKAGE = 0.05


@rule("BNN411", needs=("bayesian", "layers", "training.optimizer"), severity="warning")
def weight_decay_on_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """Weight decay acts on weights that already have a prior in the KL.

    ## What it does
    Reports a weight decay of any optimizer under a variational method, whose prior is on the means,
    and under `concrete_dropout`, whose prior is on the kernels after it. `adamw` has a weight decay
    by default. The rule reports nothing if the number of rows is known and the decay would shrink a
    weight by less than 5 % in the whole training, or if the prior has `loc: tied`: then the KL does
    not act on the means.

    ## Why it is bad
    The KL already pulls these weights towards the prior, as strongly as the prior's scale requires.
    The optimizer's decay pulls in addition, and towards 0, wherever the prior is centred. It is not
    part of the objective: the model is trained under another prior than the spec has. Weight decay
    never acts on standard deviations and on learned rates.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    training: {optimizer: {type: adamw, weight_decay: 0.004}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    training: {optimizer: {type: adam}}
    ```
    """
    optimizer = view.training.optimizer
    decay = getattr(optimizer, "weight_decay", 0)
    held = _held_by_the_kl(view)
    if held is None or not decay:
        return []
    steps = steps_known(view) if view.has("training") else None
    if (
        steps is not None
        and decay * reach(optimizer, view.training.epochs, steps) < LEAST_SHRINKAGE
    ):
        return []
    weights, path_of_method = held
    path = ("training", "optimizer", "weight_decay")
    return [
        report(
            view.span_of(*path)
            if view.is_explicit(*path)
            else view.span_of("training", "optimizer", "type"),
            f"a weight decay of {decay:g} acts in addition to the KL",
            label=f"decays the {weights}",
            related=(
                Label(view.span_of(*path_of_method), f"has a prior on the {weights} in its KL"),
            ),
            notes=("the decay is not part of the objective: it changes the prior of the spec",),
            help=("write `weight_decay: 0`, or `type: adam` without a `weight_decay`",),
            fixes=(view.fix_set("write `weight_decay: 0`", (path, "0")),),
        )
    ]


def _held_by_the_kl(view: View) -> tuple[str, Path] | None:
    """The first weights that the KL has a prior on, in words, and the path of the method."""
    for placed in view.layers:
        section = view.bayesian_sections.get(placed.index)
        if section is None:
            continue
        path = view.bayesian_path(placed, "method")
        if section.applied_method.posterior_of_kernel and section.prior.holds_means:
            return "means", path
        if section.applied_method.consumer_kl_multiplier(placed.layer) > 0:
            return "kernels after dropout", path
    return None
