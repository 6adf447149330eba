"""BNN219."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.constraints import ConstraintSection


@rule("BNN219", needs=("layers", "bayesian"))
def constraint_on_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """A constraint is set on a kernel that has a posterior.

    ## What it does
    Finds `kernel_constraint` and `depthwise_constraint` on layers that a variational method applies
    to.

    ## Why it is bad
    A constraint projects a kernel after every step. With a posterior, it would only project the
    means: the weight draws around them violate the constraint, the prior does not include it, and
    the KL works against it. To keep weights small, use the prior instead.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, kernel_constraint: {type: max_norm}}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: flipout, prior: {distribution: normal, scale: 0.05}}
    ```
    """
    return [
        report(
            view.span_of(*placed.path, field),
            "a kernel with a posterior cannot be constrained",
            label="would only project the means",
            related=(
                Label(
                    view.span_of(*view.bayesian_path(placed, "method")), "draws weights around them"
                ),
            ),
            help=(
                f"delete `{field}`, and set the size of the weights with `prior`; or write "
                "`bayesian: {method: none}` in the layer",
            ),
            fixes=(view.fix_delete(*placed.path, field),),
        )
        for placed in view.layers
        if (said := view.bayesian_sections.get(placed.index)) is not None
        and said.applied_method.posterior_of_kernel
        for field in type(placed.layer).model_fields
        if isinstance(getattr(placed.layer, field), ConstraintSection)
    ]
