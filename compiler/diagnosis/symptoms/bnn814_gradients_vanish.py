"""BNN814."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# Relative gradient of the first kernel, divided by that of the last.
SMALLEST_RATIO = 1e-3


@symptom("BNN814", explains=("BNN812", "BNN817", "BNN818", "BNN835", "BNN836", "BNN839"))
def gradients_vanish(case: Case, report: Report) -> list[Diagnostic]:
    """The first layers get almost no gradient.

    ## What it does
    Measures the gradient of the loss by each kernel before training, as a share of the kernel's
    norm. It reports a network that has not learned, in which the first kernel gets less than a
    thousandth of what the last one gets.

    ## Why it is bad
    The last layers learn on top of random features, and the first ones never leave their initial
    weights. The usual cause: many layers with `sigmoid` or `tanh`, which shrink a gradient by a
    constant factor each.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - type: repeat
        times: 8
        body: [{type: dense, units: 32, activation: sigmoid}]
      - {type: dense, units: 10}
    training: {optimizer: {type: sgd, learning_rate: 0.05}, epochs: 3}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - type: repeat
        times: 3
        body: [{type: dense, units: 32, activation: relu}]
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 10}
    ```

    ## References
    - Glorot and Bengio 2010
    """
    measured = [
        (layer, kernel.gradient_at_start)
        for layer, kernel in case.kernels
        if kernel.gradient_at_start is not None
    ]
    if not case.is_poor or len(measured) < 2:
        return []
    (first, small), (last, large) = measured[0], measured[-1]
    if small >= SMALLEST_RATIO * large:
        return []
    squashing = sorted(
        {
            layer.activation
            for layer, _ in measured
            if layer.activation in {"sigmoid", "tanh", "hard_sigmoid", "softsign", "softmax"}
        }
    )
    named = ", ".join(f"`{one}`" for one in squashing)
    return [
        report(
            case.span(first),
            f"the gradients vanish: `{first.name}` gets {small / max(large, 1e-30):.1g} of what "
            f"`{last.name}` gets",
            label=f"{small:.2g} of its norm",
            related=(Label(case.span(last), f"{large:.2g} of its norm"),)
            if case.span(last) != case.span(first)
            else (),
            notes=(f"between them: {len(measured) - 1} layers with a kernel",),
            help=(
                f"write `activation: relu` where the layers have {named}"
                if squashing
                else "use fewer layers, or `batch_normalization` between them",
                "or connect layers by `residual` blocks",
            ),
        )
    ]
