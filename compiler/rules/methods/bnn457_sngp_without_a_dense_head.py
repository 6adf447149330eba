"""BNN457."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN457", needs=("layers", "bayesian"))
def sngp_without_a_dense_head(view: View, report: Report) -> list[Diagnostic]:
    """`sngp` does not apply to a dense layer at the end of the model.

    ## What it does
    Checks that the last layer is dense and under `sngp`, if the section or a layer has that method.

    ## Why it is bad
    The Gaussian process replaces the last dense layer. Without it, only the spectral norms are
    bounded: the model is deterministic, and its mutual information is 0.

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
        label, help = "is not a dense layer", f"end with `- {{type: dense, units: {_units(view)}}}`"
    else:
        label = "is not under `sngp`"
        help = "name it in `bayesian.layers`, and write no other method in the layer"
    return [
        report(
            view.span_of(*path),
            "`sngp` needs a dense layer at the end, which it replaces by a Gaussian process",
            label="only bounds spectral norms here",
            related=(Label(view.span_of(*last.path), label),),
            notes=("the model would be deterministic, and its mutual information 0",),
            help=(f"{help}; to bound spectral norms only, write `method: spectral_normalization`",),
        )
    ]


def _units(view: View) -> int:
    """The numbers that the output takes, where that is known."""
    fields = ("distribution", "classes", "parameterization", "event_size")
    return view.output.width if all(view.has(f"output.{one}") for one in fields) else 10
