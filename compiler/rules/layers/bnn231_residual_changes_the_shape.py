"""BNN231."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.layers.shortcuts import fits, fitting_strides


@rule("BNN231", needs=("input.shape",))
def residual_changes_the_shape(view: View, report: Report) -> list[Diagnostic]:
    """The body of a residual block changes the shape, but the shortcut does not.

    ## What it does
    Compares the output of the body of a `residual` block with the input of the block, if the
    shortcut is the identity.

    ## Why it is bad
    The block adds the two element by element, so their shapes must be equal. Otherwise Keras
    refuses the model, or broadcasts a single channel over all others.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - type: residual
        activation: relu
        body:
          - {type: conv2d, filters: 16, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - type: residual
        activation: relu
        shortcut: projection
        body:
          - {type: conv2d, filters: 16, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## References
    - He et al. 2016, arXiv:1512.03385, section 3.2
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "residual-of-another-shape":
        return []
    path, given, wanted = failure.placed.path, failure.shape, failure.error.wanted
    help = "write `shortcut: projection`"
    if len(given) == len(wanted) > 1 and fits(wanted, given):
        strides = " and ".join(map(str, dict.fromkeys(fitting_strides(wanted, given))))
        window = (
            "1×1 convolution" if strides == "1" else f"1×1 convolution with strides of {strides}"
        )
        help += f": a {window} from {written(wanted)} to {written(given)}"
    elif len(given) == len(wanted) == 1:
        help += f": a dense layer from {wanted[0]:,} to {given[0]:,} features"
    else:
        help = f"change the body so that its output has the shape {written(wanted)}"
    return [
        report(
            view.span_of(*path, "type"),
            f"cannot add the output {written(given)} of a residual block's body to its input "
            f"{written(wanted)}",
            label=f"adds {written(wanted)} to {written(given)}",
            notes=("without a projection, the shortcut is the identity: the input of the block",),
            help=(help,),
            fixes=(
                view.fix_set("write `shortcut: projection`", ((*path, "shortcut"), "projection")),
            )
            if "projection" in help
            else (),
        )
    ]
