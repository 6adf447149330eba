"""BNN460."""

from bnnc.compiler.analysis.shapes import readers
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN460", needs=("input.shape", "layers", "bayesian"))
def learned_dropout_before_random_features(view: View, report: Report) -> list[Diagnostic]:
    """Concrete dropout is read by the random features of a Gaussian process.

    ## What it does
    Finds a layer under `concrete_dropout` whose outputs the last layer under `sngp` is the first to
    read.

    ## Why it is bad
    Concrete dropout is a posterior of the kernel behind it, and its KL has the squares of that
    kernel's weights. Behind it stand random projections, which are not learned and have no prior:
    the rate would be held to nothing.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1, bayesian: {method: concrete_dropout}}
      - {type: dense, units: 10}
    bayesian: {method: sngp}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1, bayesian: {method: mc_dropout}}
      - {type: dense, units: 10}
    bayesian: {method: sngp}
    ```

    ## References
    - Gal, Hron and Kendall 2017, arXiv:1705.07832
    """
    sections = view.bayesian_sections
    by_name = {one.name: one for one in view.layers}
    behind = readers(view.shapes.steps)
    found: list[Diagnostic] = []
    for one in view.layers:
        if one.index not in sections or sections[one.index].method != "concrete_dropout":
            continue
        for reader in behind.get(one.index, ()):
            other = by_name[reader.name]
            if other.index not in sections or sections[other.index].method != "sngp":
                continue
            found.append(
                report(
                    view.place(*one.path),
                    f"the random features of `{other.name}` have no prior for the rate to learn by",
                    label="is a posterior of the kernel behind it",
                    related=(Label(view.place(*other.path), "reads it by fixed projections"),),
                    help=("write `method: mc_dropout` in the dropout layer, or leave it out",),
                )
            )
    return found
