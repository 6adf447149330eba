"""BNN214."""

from bnnc.compiler.analysis.dimensions import THINGS, describe_shape
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.shapes import axes_text, dimensions, shape_text


@rule("BNN214", needs=("input.shape",))
def layer_for_other_dimensions(view: View, report: Report) -> list[Diagnostic]:
    """A layer for images receives a series or a volume, or the other way round.

    ## What it does
    Finds layers whose number of dimensions, such as 2 for `conv2d`, differs from the number of
    dimensions of their input. The length of `input.shape` determines what an example is: [steps,
    channels] is a series, [height, width, channels] is an image, and [depth, height, width,
    channels] is a volume.

    ## Why it is bad
    Keras refuses to build such a layer. Often the shape is wrong, not the layer: a grayscale image
    has one channel, and the shape must contain it.

    ## Example
    ```yaml
    input: {shape: [28, 28]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "needs-dimensions" or len(failure.shape) == 1:
        return []
    if view.facts is not None and not view.facts.has_shape(view.input.shape):
        return []  # the shape is not that of the data: BNN213
    placed = failure.placed
    needed, given = failure.error.dimensions, dimensions(failure.shape)
    return [
        report(
            view.span_of(*placed.path, "type"),
            f"`{placed.layer.type}` needs {THINGS[needed]}, but receives {describe_shape(failure.shape)}",
            label=f"needs {axes_text(needed + 1)}",
            related=(Label(view.span_of("input", "shape"), f"has {len(view.input.shape)} sizes"),),
            notes=(
                f"{describe_layer(placed.path)} has the input shape {shape_text(failure.shape)}, in the order "
                f"{axes_text(len(failure.shape))}",
            ),
            help=_help(view, placed.layer.type, needed, given),
        )
    ]


def _help(view: View, word: str, needed: int, given: int) -> tuple[str, ...]:
    """Help: another shape if that is enough, and the same layer for the actual dimensions."""
    help: list[str] = []
    shape = view.input.shape
    if dimensions(shape) == given and needed == given + 1:
        meant = shape_text((*shape, 1))
        help.append(f"write `shape: {meant}`, with the one channel of a grayscale image")
    if dimensions(shape) == given and (needed, given) == (2, 3):
        help.append(f"write `shape: {shape_text(shape[1:])}`, without the batch size")
    other = word.replace(f"{needed}d", f"{given}d")
    if other in {type_name(one) for one in LAYER_TYPES} and other != word:
        help.append(f"write `type: {other}` for {THINGS[given]}")
    return tuple(f"or {one}" if index else one for index, one in enumerate(help)) or (
        f"put `- {{type: reshape}}` with a `target_shape` of {needed + 1} numbers before it",
    )
