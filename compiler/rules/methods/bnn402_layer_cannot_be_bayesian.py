"""BNN402."""

from bnnc.compiler.analysis.remedies import in_place_of_separable
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.layers.depthwise_convolution import SeparableConvolution
from bnnc.specs.methods import METHODS, Method
from bnnc.specs.placement import Placed


@rule("BNN402", needs=("layers", "bayesian.layers", "bayesian.method"))
def layer_cannot_be_bayesian(view: View, report: Report) -> list[Diagnostic]:
    """`bayesian.layers` names a layer that the method cannot apply to.

    ## What it does
    Checks that every named layer has what the method needs: a kernel for the variational methods, a
    dropout layer for `mc_dropout`.

    ## Why it is bad
    A pooling layer has no weights to put a posterior on, and a dense layer drops no units. The name
    would have no effect, and the model would be more certain than you expect.

    ## Example
    ```yaml
    bayesian: {method: flipout, layers: [flatten]}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout, layers: [dense_1]}
    ```
    """
    selected, method = view.bayesian.layers, view.bayesian.method
    if isinstance(selected, str) or method == "none":
        return []
    named: dict[str, list[Placed]] = {}
    for one in view.layers:
        for called in one.selectors:
            named.setdefault(called, []).append(one)
    wanted = METHODS[method].needs
    able = [
        name for name, those in named.items() if any(one.layer.carries(method) for one in those)
    ]
    found: list[Diagnostic] = []
    for index, name in enumerate(selected):
        if name not in named or name in able:
            continue
        placed = named[name][0]
        is_block = placed.selectors[0] != name
        own = [one.layer.own_bayesian for one in named[name]]
        if any(one is not None and one.method is not None for one in own):
            continue
        found.append(
            report(
                view.span_of("bayesian", "layers", index),
                f"`{method}` cannot apply to any layer of the block `{name}`"
                if is_block
                else f"`{method}` cannot apply to a layer of type `{placed.layer.type}`",
                label=f"needs {wanted}",
                related=(
                    ()
                    if is_block
                    else (Label(view.span_of(*placed.path, "type"), _what(placed, wanted)),)
                ),
                help=(
                    *_instead(named[name], wanted),
                    f"delete the name, or name {wanted}{_listed(able)}",
                ),
            )
        )
    return found


def _what(placed: Placed, wanted: str) -> str:
    """Label a layer that has what the method needs and still cannot carry it."""
    if wanted == Method.needs and isinstance(placed.layer, SeparableConvolution):
        return "has two kernels, one after the other"
    if wanted == Method.needs and isinstance(placed.layer, Backbone):
        return "has Keras's own kernels, which are deterministic"
    return "this layer"


def _instead(those: list[Placed], wanted: str) -> tuple[str, ...]:
    separable = [one.layer for one in those if isinstance(one.layer, SeparableConvolution)]
    if wanted != Method.needs or not separable:
        return ()
    return (f"{in_place_of_separable(separable[0])}; then name these two layers",)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in sorted(names)[:5])
    return f": {shown}" + (" and others" if len(names) > 5 else "") if names else ""
