"""BNN480."""

from bnnc.compiler.analysis.budget import reach, steps_known
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path

# Share of a weight that the decay takes in the whole training, below which it changes nothing:
# `benchmarks/laplace_fit.md`.
LEAST_SHRINKAGE = 0.05
PROPOSED_SCALE = 0.1


@rule("BNN480", needs=("layers", "bayesian", "training"), severity="warning")
def learned_prior_without_weight_decay(view: View, report: Report) -> list[Diagnostic]:
    """`laplace` learns the scale of its prior, and nothing limits the weights in training.

    ## What it does
    Reports `prior.scale: learned` under `laplace` if the optimizer has no weight decay and the
    training has no early stopping. If the number of rows is known, a decay that shrinks a weight by
    less than 5 % in the whole training counts as no decay.

    ## Why it is bad
    The evidence selects the scale of the prior, and is accurate only for weights near a maximum of
    the posterior. Without weight decay a network can reach a training loss near 0. The likelihood
    is flat there, the evidence selects a wide prior, and the predictions become too uncertain: in
    `benchmarks/laplace_fit.md` the NLL of held-out rows rises by 0.2 to 0.5 nats. `bnnc train`
    compares the likelihood before and after the fit, and warns of such a fit.

    ## Example
    ```yaml
    bayesian: {method: laplace, layers: last, prior: {scale: learned}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: laplace, layers: last, prior: {scale: 0.1}}
    ```

    ## References
    - MacKay 1992, doi:10.1162/neco.1992.4.3.415
    - Immer et al. 2021, arXiv:2104.04975
    """
    training = view.training
    if training.early_stopping is not None or _decays(view):
        return []
    found: dict[Path, Diagnostic] = {}
    for placed in view.layers:
        section = view.bayesian_sections.get(placed.index)
        if (
            section is None
            or not section.applied_method.last_layer_only
            or not section.prior.learned
        ):
            continue
        path = view.bayesian_path(placed, "prior", "scale")
        found[path] = report(
            view.span_of(*path),
            "the scale of the prior is learned without any weight decay",
            label="bnnc selects the scale with the most evidence",
            related=(Label(view.span_of("training", "optimizer"), "does not limit the weights"),),
            notes=(
                "near a training loss of 0 the likelihood is flat, and the evidence selects a "
                "prior that is too wide",
            ),
            help=(
                f"write `scale: {PROPOSED_SCALE:g}`, or `early_stopping`, or a weight decay such as "
                "`optimizer: {type: adamw, weight_decay: 0.1}`",
            ),
            fixes=(
                view.fix_set(f"write `scale: {PROPOSED_SCALE:g}`", (path, f"{PROPOSED_SCALE:g}")),
            ),
        )
    return list(found.values())


def _decays(view: View) -> bool:
    optimizer, steps = view.training.optimizer, steps_known(view)
    if not optimizer.weight_decay or steps is None:
        return bool(optimizer.weight_decay)
    shrinkage = optimizer.weight_decay * reach(optimizer, view.training.epochs, steps)
    return shrinkage >= LEAST_SHRINKAGE
