"""BNN434."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.priors import NormalPrior


@rule("BNN434", needs=("layers", "bayesian"))
def tied_prior_of_a_learned_scale(view: View, report: Report) -> list[Diagnostic]:
    """A prior that is tied to the posterior's means also learns its scale.

    ## What it does
    Reports `loc: tied` together with `scale: learned`.

    ## Why it is bad
    The prior can then become equal to the posterior: it has the means of the posterior, and the
    scale with the smallest KL is the posterior's scale. Nothing limits the standard deviations.
    They shrink until the model is deterministic, with a KL near 0.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout, prior: {loc: tied, scale: learned}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout, prior: {loc: tied, scale: 0.1}}
    ```
    """
    found: dict[Path, Diagnostic] = {}
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or "prior" not in section.applied_method.fields:
            continue
        prior, path = section.prior, view.bayesian_path(one, "prior")
        if not isinstance(prior, NormalPrior) or not (prior.loc == "tied" and prior.learned):
            continue
        found[path] = report(
            view.span_of(*path, "scale"),
            "a prior that is tied to the posterior's means also learns its scale",
            label="becomes the scale of the posterior",
            related=(Label(view.span_of(*path, "loc"), "is the mean of the posterior"),),
            notes=("the KL can then fall to 0, and nothing limits the standard deviations",),
            help=("write a number such as `scale: 0.1`, or `loc: 0`",),
            fixes=(view.fix_set("write `scale: 0.1`", ((*path, "scale"), "0.1")),),
        )
    return list(found.values())
