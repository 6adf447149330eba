"""BNN815."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@symptom("BNN815", explains=("BNN812", "BNN820", "BNN821", "BNN835", "BNN839"))
def gradients_explode(case: Case, report: Report) -> list[Diagnostic]:
    """A kernel gets a gradient that is many times its own size.

    ## What it does
    Measures the gradient of the loss by each kernel before training, as a multiple of the kernel's
    norm. It reports a network that has not learned, in which a kernel gets ten times its norm.

    ## Why it is bad
    With a usual learning rate, the first steps replace the initial weights by something of another
    scale. Units die or saturate, or the loss becomes NaN.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16], mean: 0, std: 0.06}
    layers:
      - {type: flatten}
      - type: repeat
        times: 12
        body: [{type: dense, units: 64, activation: selu}, {type: dense, units: 64}]
      - {type: dense, units: 10}
    training: {optimizer: {type: sgd, learning_rate: 0.1}, epochs: 3}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    training: {optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9}, epochs: 10}
    ```

    ## References
    - Pascanu et al. 2013, arXiv:1211.5063
    """
    if case.exploding is None:
        return []
    layer, largest = case.exploding
    return [
        report(
            case.span(layer),
            f"the gradients explode: the kernel of `{layer.name}` gets {largest:.2g} times its norm",
            label="before the first step",
            help=(
                "write `global_clipnorm: 1.0` in `training.optimizer`",
                "or use `batch_normalization` between the layers, or fewer of them",
            ),
            fixes=(
                case.view.fix_set(
                    "write `global_clipnorm: 1.0`",
                    (("training", "optimizer", "global_clipnorm"), "1.0"),
                ),
            ),
        )
    ]
