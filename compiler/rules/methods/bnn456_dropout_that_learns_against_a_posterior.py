"""BNN456."""

from bnnc.compiler.analysis.shapes import consumers
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import Placed


@rule("BNN456", needs=("input.shape", "layers", "bayesian"), severity="warning")
def dropout_that_learns_against_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """The kernel after concrete dropout has a second posterior.

    ## What it does
    Reports a layer under `concrete_dropout` whose outputs are read by a layer under a variational
    method or `rank_1`. Reports two layers under `concrete_dropout` that the same kernel reads.

    ## Why it is bad
    Concrete dropout is a posterior of the kernel after it: its KL contains the squares of that
    kernel's weights. The kernel's own posterior contains them too, and so does a second dropout
    before it: the prior counts twice.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10, bayesian: {method: flipout}}
    bayesian: {method: concrete_dropout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: concrete_dropout}
    ```

    ## References
    - Gal, Hron and Kendall 2017, arXiv:1705.07832
    """
    sections = view.bayesian_sections
    by_name = {one.name: one for one in view.layers}
    behind = consumers(view.shapes.steps)
    found: list[Diagnostic] = []
    learning: dict[str, Placed] = {}  # by the reader: the first layer that it reads
    for one in view.layers:
        if one.index not in sections or sections[one.index].method != "concrete_dropout":
            continue
        for reader in behind.get(one.index, ()):
            first = learning.setdefault(reader.name, one)
            other = by_name[reader.name]
            method = None if other.index not in sections else sections[other.index].applied_method
            if method is not None and method.has_kl and "prior" in method.fields:
                place, what = view.bayesian_path(other, "method"), "has its own posterior"
                help = "delete the dropout, or keep the kernel of that layer deterministic"
            elif first is not one:
                place, what = first.path, "already drops and counts the same weights"
                help = "move the dropout to a place before another kernel, or delete it"
            else:
                continue
            again = ", once in each repetition" if place == one.path else ""
            found.append(
                report(
                    view.span_of(*one.path),
                    f"the kernel of `{other.name}` has two posteriors",
                    label="drops rows of the kernel, and its KL counts the weights" + again,
                    related=() if again else (Label(view.span_of(*place), what),),
                    help=(help,),
                )
            )
    return found
