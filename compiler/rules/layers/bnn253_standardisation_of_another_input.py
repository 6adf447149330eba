"""BNN253."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.input import Input

_OF_IMAGES = ("value_range", "mean", "std")


@rule("BNN253", needs=("input",))
def standardisation_of_another_input(view: View, report: Report) -> list[Diagnostic]:
    """A key of `input` is about images, and the input is a row of features, or the other way round.

    ## What it does
    Finds `value_range`, `mean` and `std` where `input.shape` has one number, and `standardize: false`
    where it has several.

    ## Why it is bad
    The features of a table have units of their own. Each is standardised by its mean and its standard
    deviation over the training rows, which are taken when the training begins and saved with the
    model. Numbers in the spec would come from all rows, or from other data. Images have one range for
    all pixels instead, which is known before any training.

    ## Example
    ```yaml
    input: {shape: [13], mean: 0.5, std: 0.2}
    layers:
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [13]}
    layers:
      - {type: dense, units: 10}
    ```
    """
    is_table = view.input.is_table
    wrong = _OF_IMAGES if is_table else ("standardize",)
    shape = Label(
        view.span_of("input", "shape"), "a row of features" if is_table else "no row of features"
    )
    kind = "images" if is_table else "tables"
    reason = (
        "each feature is standardised by the training rows"
        if is_table
        else "`value_range`, `mean` and `std` standardise images"
    )
    return [
        report(
            view.span_of("input", key),
            f"`{key}` is a key of {kind}",
            label="has no effect here",
            related=(shape,),
            notes=(reason,),
            help=(f"delete `{key}`",),
            fixes=(view.fix_delete("input", key),),
        )
        for key in wrong
        if getattr(view.input, key) != Input.model_fields[key].default
    ]
