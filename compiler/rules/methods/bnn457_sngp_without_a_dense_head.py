"""BNN457."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN457", needs=("layers", "bayesian"))
def sngp_without_a_dense_head(view: View, report: Report) -> list[Diagnostic]:
    """`sngp` does not reach a dense layer at the end.

    ## What it does
    Checks that the very last layer is a dense one, and under `sngp`, wherever a spec names that
    method: in the section or in a layer.

    ## Why it is bad
    The Gaussian process takes the place of the last dense layer. Without it the spectral norms are
    bounded and nothing else: the model is deterministic, and its mutual information 0.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 3, activation: relu}
      - {type: conv2d, filters: 10, kernel_size: 1}
      - {type: global_average_pooling2d}
    bayesian: {method: sngp}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 3, activation: relu}
      - {type: global_average_pooling2d}
      - {type: dense, units: 10}
    bayesian: {method: sngp}
    ```

    ## References
    - Liu et al. 2020, arXiv:2006.10108
    """
    path = view.path_of_method(lambda one: one.name == "sngp")
    if path is None or not view.layers:
        return []
    last = view.layers[-1]
    section = view.bayesian_sections.get(last.index)
    if section is not None and section.method == "sngp":
        return []
    if last.layer.type != "dense":
        label, help = "is no dense layer", f"end with `- {{type: dense, units: {_units(view)}}}`"
    else:
        label = "is not under `sngp`"
        help = "name it in `bayesian.layers`, and no other method in the layer"
    return [
        report(
            view.place(*path),
            "`sngp` has no last dense layer to make a Gaussian process of",
            label="bounds spectral norms, and nothing else",
            related=(Label(view.place(*last.path), label),),
            notes=("the model would be deterministic, and its mutual information 0",),
            help=(
                f"{help}; for bounded spectral norms alone write `method: spectral_normalization`",
            ),
        )
    ]


def _units(view: View) -> int:
    """The numbers that the output takes, where that is known."""
    fields = ("distribution", "classes", "parameterization", "event_size")
    return view.output.width if all(view.has(f"output.{one}") for one in fields) else 10
