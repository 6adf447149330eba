"""BNN839."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@symptom("BNN839")
def at_chance_without_a_cause(case: Case, report: Report) -> list[Diagnostic]:
    """The model predicts no better than by the frequencies of the labels, and no cause is found.

    ## What it does
    Compares the NLL of the training rows with that of predicting each by the shares of the classes.
    It is reported if no other symptom explains it.

    ## Why it is bad
    Nothing was learned. Doctor knows many causes; this one it does not know. Labels that the images
    do not tell, and a network that is too small, look the same.

    ## Example
    ```yaml
    layers:
      - {type: global_average_pooling2d}
      - {type: dense, units: 1, activation: tanh}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 3}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```
    """
    train = case.train
    if not case.is_at_chance or train is None:
        return []
    return [
        report(
            case.place("layers"),
            "the model is at chance, and no cause was found",
            label=f"training NLL {train.nll:.3g}, and {train.chance_nll:.3g} of guessing",
            help=(
                "train on a hundred rows until they are learned by heart; if that fails, use a "
                "larger network, and look at some images with their labels",
            ),
        )
    ]
