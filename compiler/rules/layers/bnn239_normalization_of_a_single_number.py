"""BNN239."""

from bnnc.compiler.analysis.shapes import Step
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.language.layer_description import called
from bnnc.specs.layers.normalization import GroupNormalization, LayerNormalization
from bnnc.specs.shapes import Shape, shape_text

# Mean and variance take two numbers out of those that they are of: of four, two are left.
ENOUGH = 4

# Words of the help, and the field with the value to write.
Change = tuple[str, str, str]


@rule("BNN239", needs=("input.shape", "layers"))
def normalization_of_a_single_number(view: View, report: Report) -> list[Diagnostic]:
    """A layer or group normalization takes single numbers by themselves.

    ## What it does
    Finds a `group_normalization` with as many groups as its input has numbers, and a
    `layer_normalization` over axes along which there is one number. Batch normalization, which
    takes the numbers of a whole batch together, is the business of BNN508.

    ## Why it is bad
    The mean of one number is that number, and the difference is 0: what comes out is the layer's
    offset alone, whatever the image, and no gradient comes back. On the embedded digits such a
    model has an accuracy of 0.10 after five epochs, and 0.95 with groups of four numbers.

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
    given = "its offset" if getattr(layer, "center", False) else "0"
    groups = isinstance(layer, GroupNormalization)
    field = "groups" if groups else "axis"
    written = view.written(*path, field)
    label = "of one number each" if groups else "along which there is one number"
    if not written:
        default = f"`{field}` is {type(layer).model_fields[field].default} by default"
        label = f"{default}: {'groups ' if groups else 'an axis '}{label}"
    change = _other_groups(step.input) if groups else _other_axes(step.input)
    out = "delete the layer" if change is None else f"{change[0]}, or delete the layer"
    return report(
        view.place(*path, field if written else "type"),
        f"{layer.type} of single numbers gives {given}, whatever the image",
        label=label,
        notes=(
            f"{called(path)} gets {shape_text(step.input)}; the mean of one number is that number, "
            "and nothing is left of it",
        ),
        help=(out,),
        fixes=(
            () if change is None else (view.setting(change[0], ((*path, change[1]), change[2])),)
        ),
    )


def _other_groups(shape: Shape) -> Change | None:
    """The most groups of enough numbers, of a layer whose groups were its numbers."""
    numbers = shape[-1]  # at one position
    fitting = [one for one in range(1, numbers) if numbers % one == 0]
    if not fitting:
        return None
    enough = [one for one in fitting if numbers // one >= ENOUGH]
    groups = enough[-1] if enough else fitting[0]
    return (
        f"write `groups: {groups}`, of {counted(numbers // groups, 'number')} each",
        "groups",
        str(groups),
    )


def _other_axes(shape: Shape) -> Change | None:
    """The channels, or where there is one alone, the whole example."""
    if shape[-1] > 1:
        return "write `axis: -1`, which is the channels", "axis", "-1"
    if max(shape) == 1:
        return None
    axes = f"[{', '.join(str(axis) for axis in range(1, len(shape) + 1))}]"
    return f"write `axis: {axes}`, which is the whole example", "axis", axes
