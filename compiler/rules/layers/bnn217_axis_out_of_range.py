"""BNN217."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.shapes import AXES, shape_text


@rule("BNN217", needs=("input.shape",))
def axis_out_of_range(view: View, report: Report) -> list[Diagnostic]:
    """`axis` of a layer normalization is out of range, is the batch axis or is repeated.

    ## What it does
    Compares `axis` with the axes of the input. As in Keras, axis 0 is the batch and axis -1 is the
    last one.

    ## Why it is bad
    Normalized over the batch, an example would depend on the other examples of its batch. For an
    axis that does not exist, Keras refuses to build the layer.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: layer_normalization, axis: [1, 2, 3]}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: layer_normalization}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "axis-out-of-range":
        return []
    path = (*failure.placed.path, "axis")
    axes = AXES[len(failure.shape)]
    named = ", ".join(f"axis {index} is {axis}" for index, axis in enumerate(axes, 1))
    return [
        report(
            view.span_of(*path),
            "the layer cannot normalize over these axes",
            label="not axes of the input",
            notes=(
                f"{describe_layer(failure.placed.path)} has the input shape {shape_text(failure.shape)}: {named}",
            ),
            help=("write `axis: -1`, or a list of those axes, each once",),
            fixes=(view.fix_set("write `axis: -1`", (path, "-1")),),
        )
    ]
