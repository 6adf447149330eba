"""BNN203."""

from bnnc.compiler.analysis.dimensions import THINGS
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.placement import before
from bnnc.specs.shapes import AXES, axes_text


@rule("BNN203", needs=("input.shape",))
def map_layer_on_a_row(view: View, report: Report) -> list[Diagnostic]:
    """A convolution or pooling layer receives a flattened map.

    ## What it does
    Finds layers that need height and width but receive a row of features.

    ## Why it is bad
    Flattening discards which features were neighbours, so a convolution or a pooling has no
    positions to work on.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "needs-dimensions" or len(failure.shape) > 1:
        return []
    steps, layer = view.shapes.steps, failure.placed.layer
    flattened_by = next(
        (
            one
            for one in before(view.layers, failure.placed.index)
            if len(steps[one.index].input) > 1
        ),
        None,
    )
    if flattened_by is None:  # the input is a row itself
        place = Label(view.span_of("input", "shape"), "a row of a table has its features alone")
        way_out = "delete it; if the features have positions, give `input.shape` an axis for them"
    else:
        place = Label(view.span_of(*flattened_by.path, "type"), "turns the map into a row")
        way_out = (
            f"move it before {describe_layer(flattened_by.path)}, `{flattened_by.layer.type}`, or "
            "delete it"
        )
    needed = THINGS[failure.error.dimensions]
    positions = " and ".join(AXES[failure.error.dimensions + 1][-3:-1])
    return [
        report(
            view.span_of(*failure.placed.path, "type"),
            f"`{layer.type}` needs {needed}, but receives a row of {failure.shape[0]:,} features",
            label=f"needs {axes_text(failure.error.dimensions + 1)}",
            related=(place,),
            notes=(f"a row has no {positions} that the layer could work on",),
            help=(way_out,),
        )
    ]
