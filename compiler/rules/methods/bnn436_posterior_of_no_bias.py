"""BNN436."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.placement import Placed

# What the biases of other methods are.
INSTEAD = {
    "laplace": "its posterior already covers the kernel and the bias of the last layer together",
    "rank_1": "each of its members has its own biases, which are learned as plain weights",
    "batch_ensemble": "each of its members has its own biases, which are learned as plain weights",
}


@rule(
    "BNN436",
    needs=("layers", "bayesian.method", "bayesian.layers", "bayesian.bias"),
    severity="warning",
)
def posterior_of_no_bias(view: View, report: Report) -> list[Diagnostic]:
    """`bias: true` asks for a posterior on biases that cannot have one.

    ## What it does
    Reports `bias: true` in the `bayesian` section if no layer of its method has a bias, or if the
    methods put no posterior on biases. Reports `bias: true` in a layer without a bias, and in a
    layer whose method puts no posterior on it.

    ## Why it is bad
    The setting has no effect: the model is more certain than you expect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, use_bias: false, bayesian: {bias: true}}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, use_bias: true, bayesian: {bias: true}}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ## References
    - Blundell et al. 2015, arXiv:1505.05424: weights and biases have one posterior
    """
    sections = view.bayesian_sections
    applied = [one for one in view.layers if one.index in sections]
    able = [one for one in applied if "bias" in sections[one.index].applied_method.fields]
    found: list[Diagnostic] = []

    def add(path: Path, method: str, without: Placed | None) -> None:
        """`without` is a layer that has no bias; None where the method is to blame."""
        of_method = path if view.is_explicit(*path, "method") else ("bayesian",)
        why = (*without.path, "use_bias") if without else (*of_method, "method")
        note = INSTEAD.get(method, "")
        found.append(
            report(
                view.span_of(*path, "bias"),
                ("no layer has a bias here" if path == ("bayesian",) else "there is no bias")
                + " to put a posterior on"
                if without
                else f"`{method}` puts no posterior on biases",
                label="has no effect",
                related=(
                    Label(
                        view.span_of(*why), "no bias" if without else "on kernels only, if at all"
                    ),
                )
                if view.is_explicit(*why)
                else (),
                notes=(note,) if note and without is None else (),
                help=("delete `bias`, or write `use_bias: true`",)
                if without
                else ("delete `bias`, or write a variational method such as `method: flipout`",),
                fixes=(view.fix_delete(*path, "bias", safe=True),),
            )
        )

    if view.bayesian.bias and not any(one.layer.has_bias for one in able):
        add(("bayesian",), view.bayesian.method, able[0] if able else None)
    for one in applied:
        own = one.layer.own_bayesian
        if own is not None and own.bias and not (one in able and one.layer.has_bias):
            method = sections[one.index].method
            add((*one.path, "bayesian"), method, one if one in able else None)
    return found
