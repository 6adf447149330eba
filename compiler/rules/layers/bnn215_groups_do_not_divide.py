"""BNN215."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.layers import LayerSection


@rule("BNN215", needs=("input.shape",))
def groups_do_not_divide(view: View, report: Report) -> list[Diagnostic]:
    """`groups` does not divide the number of channels or filters.

    ## What it does
    Compares `groups` of a convolution with its input channels and its filters. Compares `groups` of
    `group_normalization`, by default 32, with the channels.

    ## Why it is bad
    Every group must have the same number of channels. Keras refuses to build the layer otherwise.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 5, activation: relu}
      - {type: group_normalization}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 5, activation: relu}
      - {type: group_normalization, groups: 8}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "groups-do-not-divide":
        return []
    placed, layer, channels = failure.placed, failure.placed.layer, failure.shape[-1]
    groups = int(getattr(layer, "groups", 1))
    parts = _parts(layer, channels)
    uneven = next(f"{count} {what}" for what, count in parts if count % groups)
    even = [one for one in range(1, groups + 1) if not any(count % one for _, count in parts)]
    written = view.is_explicit(*placed.path, "groups")
    return [
        report(
            view.span_of(*placed.path, "groups" if written else "type"),
            f"{uneven} cannot be divided into {groups} groups",
            label=f"does not divide {uneven}" if written else f"`groups` is {groups} by default",
            notes=(f"{describe_layer(placed.path)} has {channels} input channels",),
            help=(f"write `groups: {even[-1]}`",),
            fixes=(
                view.fix_set(
                    f"write `groups: {even[-1]}`",
                    ((*placed.path, "groups"), str(even[-1])),
                ),
            ),
        )
    ]


def _parts(layer: LayerSection, channels: int) -> list[tuple[str, int]]:
    filters = getattr(layer, "filters", None)
    return [("channels", channels), *([("filters", int(filters))] if filters else [])]
