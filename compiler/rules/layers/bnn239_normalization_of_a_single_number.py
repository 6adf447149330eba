"""BNN239."""

from bnnc.compiler.analysis.shapes import Step
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.layers.normalization import GroupNormalization, LayerNormalization
from bnnc.specs.shapes import Shape, shape_text

# Normalization removes mean and variance: of four numbers, two degrees of freedom are left.
ENOUGH = 4

# Text of the help, field to change, and value to write.
Change = tuple[str, str, str]


@rule("BNN239", needs=("input.shape", "layers"))
def normalization_of_a_single_number(view: View, report: Report) -> list[Diagnostic]:
    """A layer or group normalization normalizes every number by itself.

    ## What it does
    Finds a `group_normalization` with as many groups as its input has numbers, and a
    `layer_normalization` over axes of size 1. Batch normalization averages over the whole batch;
    BNN508 checks it.

    ## Why it is bad
    The mean of one number is that number, so the difference is 0. The output is only the offset of
    the layer, for every image, and no gradient flows back. On the digits data set, such a model has
    an accuracy of 0.10 after five epochs; with groups of four numbers it has 0.95.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 32, activation: relu}
      - {type: group_normalization, groups: 32}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 32, activation: relu}
      - {type: group_normalization, groups: 8}
      - {type: dense, units: 10}
    ```

    ## References
    - Ba et al. 2016, arXiv:1607.06450
    - Wu and He 2018, arXiv:1803.08494
    """
    return [
        _finding(view, report, step) for step in view.shapes.steps if _is_of_single_numbers(step)
    ]


def _is_of_single_numbers(step: Step) -> bool:
    layer = step.layer
    return (
        isinstance(layer, GroupNormalization | LayerNormalization)
        and layer.normalized_together(step.input) == 1
    )


def _finding(view: View, report: Report, step: Step) -> Diagnostic:
    layer, path = step.layer, step.placed.path
    given = "only its offset" if getattr(layer, "center", False) else "0"
    groups = isinstance(layer, GroupNormalization)
    field = "groups" if groups else "axis"
    written = view.is_explicit(*path, field)
    label = "of one number each" if groups else "of size 1"
    if not written:
        default = f"`{field}` is {type(layer).model_fields[field].default} by default"
        label = f"{default}: {'groups ' if groups else 'an axis '}{label}"
    change = _other_groups(step.input) if groups else _other_axes(step.input)
    out = "delete the layer" if change is None else f"{change[0]}, or delete the layer"
    return report(
        view.span_of(*path, field if written else "type"),
        f"`{layer.type}` of single numbers outputs {given} for every image",
        label=label,
        notes=(
            f"{describe_layer(path)} has the input shape {shape_text(step.input)}; the mean of one number is that "
            "number, so the difference is 0",
        ),
        help=(out,),
        fixes=(
            () if change is None else (view.fix_set(change[0], ((*path, change[1]), change[2])),)
        ),
    )


def _other_groups(shape: Shape) -> Change | None:
    """The largest number of groups with at least `ENOUGH` numbers each, if there is one."""
    numbers = shape[-1]  # at one position
    fitting = [one for one in range(1, numbers) if numbers % one == 0]
    if not fitting:
        return None
    enough = [one for one in fitting if numbers // one >= ENOUGH]
    groups = enough[-1] if enough else fitting[0]
    return (
        f"write `groups: {groups}`, with {counted(numbers // groups, 'number')} in each group",
        "groups",
        str(groups),
    )


def _other_axes(shape: Shape) -> Change | None:
    """The channel axis; if there is only one channel, all axes."""
    if shape[-1] > 1:
        return "write `axis: -1`, the channels", "axis", "-1"
    if max(shape) == 1:
        return None
    axes = f"[{', '.join(str(axis) for axis in range(1, len(shape) + 1))}]"
    return f"write `axis: {axes}`, the whole example", "axis", axes
