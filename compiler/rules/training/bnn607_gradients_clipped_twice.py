"""BNN607."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN607", needs=("training.optimizer",))
def gradients_clipped_twice(view: View, report: Report) -> list[Diagnostic]:
    """More than one limit on the gradients.

    ## What it does
    Finds more than one of `clipnorm`, `global_clipnorm` and `clipvalue`.

    ## Why it is bad
    Keras takes one of them: which of the others would come first is not defined, and after a second
    clipping the first is no longer the limit that it says.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, clipnorm: 1.0, clipvalue: 0.5}}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, global_clipnorm: 1.0}}
    ```
    """
    first, *others = list(view.training.optimizer.clippings) or [""]
    return [
        report(
            view.place("training", "optimizer", other),
            f"`{other}` beside `{first}`",
            label="one of them is enough",
            related=(Label(view.place("training", "optimizer", first), "a limit already"),),
            help=("keep one: `global_clipnorm` keeps the direction of the step",),
            fixes=(view.deleting("training", "optimizer", other),),
        )
        for other in others
    ]
