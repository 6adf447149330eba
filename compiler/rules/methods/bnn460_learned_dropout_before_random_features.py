"""BNN460."""

from bnnc.compiler.analysis.shapes import consumers
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN460", needs=("input.shape", "layers", "bayesian"))
def learned_dropout_before_random_features(view: View, report: Report) -> list[Diagnostic]:
    """The random features of a Gaussian process read concrete dropout.

    ## What it does
    Reports a layer under `concrete_dropout` if the next layer with a kernel is the last one, under
    `sngp`.

    ## Why it is bad
    Concrete dropout is a posterior of the kernel after it, and its KL contains the squares of that
    kernel's weights. Here the next weights are random projections, which are not learned and have
    no prior: nothing in the loss would limit the rate.

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
    behind = consumers(view.shapes.steps)
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
                    view.span_of(*one.path),
                    f"the random features of `{other.name}` have no prior, so the dropout rate cannot be learned",
                    label="is a posterior of the kernel after it",
                    related=(
                        Label(view.span_of(*other.path), "reads it through fixed projections"),
                    ),
                    help=("write `method: mc_dropout` in the dropout layer, or delete the layer",),
                )
            )
    return found
