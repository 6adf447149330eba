"""BNN286."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN286", needs=("loss.class_weight", "data.balance"))
def classes_balanced_twice(view: View, report: Report) -> list[Diagnostic]:
    """The training rows are resampled by class, and the loss has class weights too.

    ## What it does
    Finds `data.balance: resample` together with `loss.class_weight`.

    ## Why it is bad
    Both make rare classes count more, and the factors multiply: of two classes, one with 1 % of the
    rows counts 99 times more against the other by each of the two, and 9,801 times by both. The model
    then learns as if nearly all rows were of the rare class.

    ## Example
    ```yaml
    loss: {class_weight: balanced}
    data: {source: fashion-mnist, balance: resample}
    ```

    ## Use instead
    ```yaml
    loss: {class_weight: balanced}
    data: {source: fashion-mnist}
    ```
    """
    if view.data is None or view.data.balance is None or view.loss.class_weight is None:
        return []
    return [
        report(
            view.span_of("data", "balance"),
            "the classes are weighted twice: in the rows of an epoch, and in the loss",
            label="repeats the rows of rare classes",
            related=(Label(view.span_of("loss", "class_weight"), "multiplies their loss"),),
            help=("delete one of the two",),
            fixes=(view.fix_delete("data", "balance"),),
        )
    ]
