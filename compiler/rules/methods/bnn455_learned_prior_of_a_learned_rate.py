"""BNN455."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN455", needs=("layers", "bayesian"))
def learned_prior_of_a_learned_rate(view: View, report: Report) -> list[Diagnostic]:
    """Concrete dropout has a prior with a learned scale.

    ## What it does
    Reports `prior.scale: learned` for a layer under `concrete_dropout`.

    ## Why it is bad
    The KL of concrete dropout is known up to a constant that depends on the prior's scale. With a
    fixed scale the constant has no gradient; a learned scale would grow without bound.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout, prior: {scale: learned}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout, prior: {scale: 1.0}}
    ```

    ## References
    - Gal, Hron and Kendall 2017, arXiv:1705.07832
    """
    found: list[Diagnostic] = []
    seen: set[Path] = set()
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or section.method != "concrete_dropout" or not section.prior.learned:
            continue
        path = view.bayesian_path(one, "prior", "scale")
        if path in seen:
            continue
        seen.add(path)
        found.append(
            report(
                view.span_of(*path),
                "concrete dropout needs a prior whose scale is a number",
                label="this scale is learned",
                related=(
                    Label(
                        view.span_of(*view.bayesian_path(one, "method")),
                        "its KL has no gradient for the scale",
                    ),
                ),
                help=("write a number such as `scale: 1.0`",),
                fixes=(view.fix_set("write `scale: 1.0`", (path, "1.0")),),
            )
        )
    return found
