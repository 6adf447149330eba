"""BNN434."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.priors import NormalPrior


@rule("BNN434", needs=("layers", "bayesian"))
def tied_prior_of_a_learned_scale(view: View, report: Report) -> list[Diagnostic]:
    """A prior that is tied to the posterior's means learns its scale too.

    ## What it does
    Finds `loc: tied` beside `scale: learned`.

    ## Why it is bad
    The prior then becomes the posterior: its means are the posterior's, and the scale that makes
    the KL least is that of the posterior. Nothing holds the standard deviations, which shrink
    until the model is deterministic, at a KL of next to 0.

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
        if section is None or "prior" not in section.applied.fields:
            continue
        prior, path = section.prior, view.bayesian_path(one, "prior")
        if not isinstance(prior, NormalPrior) or not (prior.loc == "tied" and prior.learned):
            continue
        found[path] = report(
            view.place(*path, "scale"),
            "a prior that is tied to the posterior's means learns its scale too",
            label="becomes the posterior's",
            related=(Label(view.place(*path, "loc"), "is the posterior's"),),
            notes=("the KL is then 0 of itself, and nothing holds the standard deviations",),
            help=("write a number such as `scale: 0.1`, or `loc: 0`",),
            fixes=(view.setting("write `scale: 0.1`", ((*path, "scale"), "0.1")),),
        )
    return list(found.values())
