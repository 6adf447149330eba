"""BNN217."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import called
from bnnc.specs.shapes import AXES, shape_text


@rule("BNN217", needs=("input.shape",))
def axis_out_of_range(view: View, report: Report) -> list[Diagnostic]:
    """`axis` of a layer normalization names an axis that is not there, the batch, or one twice.

    ## What it does
    Compares `axis` with the axes of what the layer gets. As in Keras the batch is axis 0, and -1
    is the last one.

    ## Why it is bad
    Over the batch, an example would depend on the others that it came with; for an axis that is
    not there, Keras refuses to build the layer.

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
    named = ", ".join(f"{index} is {axis}" for index, axis in enumerate(axes, 1))
    return [
        report(
            view.place(*path),
            "the layer cannot normalize over these axes",
            label="not axes of what it gets",
            notes=(f"{called(failure.placed.path)} gets {shape_text(failure.shape)}: {named}",),
            help=("write `axis: -1`, or each of those axes once",),
            fixes=(view.setting("write `axis: -1`", (path, "-1")),),
        )
    ]
