"""BNN507."""

from bnnc.compiler.analysis.initial_variance import inflation
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.regularization import Dropout

# As BNN501: variance of the outputs over the part of it that is signal.
LARGEST_INFLATION = 4.0
PROPOSED = 0.5


@rule("BNN507", needs=("layers",), severity="warning")
def dropout_drowns_the_signal(view: View, report: Report) -> list[Diagnostic]:
    """Dropout makes the noise larger than the signal.

    ## What it does
    Follows the variance that dropout adds. Dropout with rate r scales the kept numbers by 1 / (1 -
    r) and adds r / (1 - r) times the variance of the signal. The factors 1 / (1 - r) of the layers
    multiply. A residual block adds the signal of its input to the signal of its body. The rule
    reports a product of 4 or more: one layer with a rate of 0.75, or two with 0.5.

    ## Why it is bad
    Three quarters of the variance in training, and in the draws under `mc_dropout`, is then noise
    that does not depend on the image. In `benchmarks/thresholds.md` such models learn slowly or not
    at all, and their predictions are far too uncertain.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.9}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.5}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```

    ## References
    - Srivastava et al. 2014, "Dropout", JMLR 15, appendix A.4
    """
    dropouts = [
        (placed.path, placed.section.rate)
        for placed in view.layers
        if isinstance(placed.section, Dropout)
    ]
    added = {
        placed.index: placed.section.rate / (1 - placed.section.rate)
        for placed in view.layers
        if isinstance(placed.section, Dropout)
    }
    if not dropouts or (found := inflation(view.layers, added)) < LARGEST_INFLATION:
        return []
    rates = dict(dropouts)  # each place once, however often its layer is repeated
    highest = max(rates, key=rates.__getitem__)
    rest = [
        ((*path, "rate"), f"{PROPOSED if path == highest else 0.1:g}")
        for path, rate in rates.items()
        if rate > (PROPOSED if path == highest else 0.1)
    ]
    wording = " and ".join(dict.fromkeys(f"`rate: {rate}`" for _, rate in rest))
    others = [path for path in rates if path != highest and rates[path] > 0]
    return [
        report(
            view.span_of(*highest, "rate"),
            f"dropout makes the noise larger than the signal: {100 * (1 - 1 / found):.3g} % of the outputs' variance is noise",
            label=f"keeps a share of {1 - rates[highest]:.2g} of the numbers",
            related=tuple(
                Label(
                    view.span_of(*path, "rate"),
                    f"keeps a share of {1 - rates[path]:.2g} of the rest",
                )
                for path in others[:3]
            ),
            help=(f"write {wording}",),
            fixes=(view.fix_set(f"write {wording}", *rest),),
        )
    ]
