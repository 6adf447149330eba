"""BNN607."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN607", needs=("training.optimizer",))
def gradients_clipped_twice(view: View, report: Report) -> list[Diagnostic]:
    """The gradients have more than one limit.

    ## What it does
    Reports more than one of `clipnorm`, `global_clipnorm` and `clipvalue`.

    ## Why it is bad
    Keras accepts only one of them. It is not defined which one would be applied first, and after
    the second clipping the first limit no longer holds.

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
            view.span_of("training", "optimizer", other),
            f"the optimizer has both `{first}` and `{other}`",
            label="only one limit is allowed",
            related=(Label(view.span_of("training", "optimizer", first), "already a limit"),),
            help=(
                "keep only one of them: `global_clipnorm` does not change the direction of the step",
            ),
            fixes=(view.fix_delete("training", "optimizer", other),),
        )
        for other in others
    ]
