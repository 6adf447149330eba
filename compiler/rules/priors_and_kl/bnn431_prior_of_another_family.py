"""BNN431."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.diagnostics.edits import delete_entry, set_value
from bnnc.compiler.text.tree import Path
from bnnc.specs.priors import NormalPrior, PriorSection


@rule("BNN431", needs=("layers", "bayesian"))
def prior_of_another_family(view: View, report: Report) -> list[Diagnostic]:
    """The prior is not normal, and the method needs a normal prior.

    ## What it does
    Reports a `prior.distribution` other than `normal` for a layer under a method that needs a
    normal prior, such as `concrete_dropout`.

    ## Why it is bad
    The KL of such a method contains the squares of the weights, which come from the logarithm of a
    normal density. The model would be trained under a normal prior, although its spec has another
    one.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout, prior: {distribution: laplace}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout, prior: {distribution: normal}}
    ```

    ## References
    - Gal, Hron and Kendall 2017, arXiv:1705.07832
    """
    found: dict[Path, Diagnostic] = {}
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or not section.applied_method.normal_prior_only:
            continue
        path = view.bayesian_path(one, "prior", "distribution")
        if section.prior.distribution == "normal" or path in found:
            continue
        found[path] = report(
            view.span_of(*path),
            f"the prior of `{section.method}` must be normal",
            label=f"`{section.prior.distribution}`",
            related=(
                Label(
                    view.span_of(*view.bayesian_path(one, "method")),
                    "its KL is known for a normal prior only",
                ),
            ),
            help=("write `distribution: normal`, or a method with a posterior on kernels",),
            fixes=(_fix(view, section.prior, path),),
        )
    return list(found.values())


def _fix(view: View, prior: PriorSection, path: Path) -> Fix:
    """Write the normal family, and delete what it has no field for."""
    others = sorted(prior.model_fields_set - set(NormalPrior.model_fields))
    deleted = tuple(delete_entry(view.tree, (*path[:-1], one)) for one in others)
    edits = (set_value(view.tree, path, "normal"), *deleted)
    return Fix("write `distribution: normal`", edits, safe=False)
