"""BNN820."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# Share of the units of a layer; in healthy networks on Fashion-MNIST it is up to 0.56.
LARGEST_SHARE = 0.75


@symptom("BNN820")
def dead_units(case: Case, report: Report) -> list[Diagnostic]:
    """Most units of a layer are zero for every image.

    ## What it does
    Counts the units, or channels, whose outputs are zero for all of 128 training images and all
    weight draws. It reports layers with `relu` and its relatives in which more than three quarters are.

    ## Why it is bad
    A unit that is zero everywhere has no gradient, and stays so: the layer is smaller than it is
    written. The usual cause is a learning rate that was too high at the beginning.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.2}, epochs: 5, batch_size: 128}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Lu et al. 2020, arXiv:1903.06733
    """
    dead = [
        one
        for one in case.evidence.layers
        if (one.dead or 0.0) > LARGEST_SHARE and one.activation in {"relu", "relu6", "leaky_relu"}
    ]
    if not dead:
        return []
    first = dead[0]
    return [
        report(
            case.span(first),
            f"{first.dead:.0%} of the units of `{first.name}` are dead",
            label="zero for every image",
            related=tuple(
                Label(case.span(one), f"{one.dead:.0%}")
                for one in dead[1:4]
                if case.span(one) != case.span(first)
            ),
            help=(
                "use a lower learning rate, or let it rise by `warmup_epochs`",
                "or write an activation without a flat part, such as `elu` or `gelu`",
            ),
        )
    ]
