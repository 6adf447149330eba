"""BNN456."""

from bnnc.compiler.analysis.shapes import readers
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import Placed


@rule("BNN456", needs=("input.shape", "layers", "bayesian"), severity="warning")
def dropout_that_learns_against_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """The kernel behind concrete dropout has another posterior too.

    ## What it does
    Finds a layer under `concrete_dropout` whose outputs are read by a layer under a variational
    method or `rank_1`, and two under `concrete_dropout` that one kernel reads.

    ## Why it is bad
    Concrete dropout is a posterior of the kernel behind it: its KL has the squares of that
    kernel's weights. A posterior of the kernel's own has them too, and so has a second dropout
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
    behind = readers(view.shapes.steps)
    found: list[Diagnostic] = []
    learning: dict[str, Placed] = {}  # by the reader: the first layer that it reads
    for one in view.layers:
        if one.index not in sections or sections[one.index].method != "concrete_dropout":
            continue
        for reader in behind.get(one.index, ()):
            first = learning.setdefault(reader.name, one)
            other = by_name[reader.name]
            method = None if other.index not in sections else sections[other.index].applied
            if method is not None and method.has_kl and "prior" in method.fields:
                place, what = view.bayesian_path(other, "method"), "a posterior of its own"
                help = "leave the dropout out, or keep that layer's kernel deterministic"
            elif first is not one:
                place, what = first.path, "drops them, and counts them, already"
                help = "put the dropout where no other reaches that kernel, or leave it out"
            else:
                continue
            again = ", in each repetition anew" if place == one.path else ""
            found.append(
                report(
                    view.place(*one.path),
                    f"the kernel of `{other.name}` has two posteriors",
                    label="drops its rows, and counts its squares" + again,
                    related=() if again else (Label(view.place(*place), what),),
                    help=(help,),
                )
            )
    return found
