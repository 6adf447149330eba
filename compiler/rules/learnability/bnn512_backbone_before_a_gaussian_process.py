"""BNN512."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN512", needs=("layers", "bayesian"), severity="warning")
def backbone_before_a_gaussian_process(view: View, report: Report) -> list[Diagnostic]:
    """A Gaussian process stands behind a backbone, whose spectral norms nothing bounds.

    ## What it does
    Finds a `backbone` before the last layer of `sngp` of `all` layers. Who names the layers, or
    says `last`, has said that the backbone is none of them.

    ## Why it is bad
    The process knows that an image is unlike those of the training by its distance from them, in
    what the layers before it give. `sngp` bounds the spectral norms of kernels so that such
    distances are kept. A backbone is taken as it is: its kernels have any norms, and its batch
    normalizations divide by any deviation. Images far from each other may come to one place there
    (feature collapse), and the process is sure of what it has never seen. How well it does is a
    question of the backbone, to be measured on images unlike those of the training. The other
    methods measure no distances: `laplace` of the last layer, or an `ensemble`.

    ## Example
    ```yaml
    input: {shape: [224, 224, 3]}
    layers:
      - {type: backbone, application: ResNet50, trainable: false, pooling: avg}
      - {type: dense, units: 10}
    bayesian: {method: sngp}
    ```

    ## Use instead
    ```yaml
    input: {shape: [224, 224, 3]}
    layers:
      - {type: backbone, application: ResNet50, trainable: false, pooling: avg}
      - {type: dense, units: 10}
    bayesian: {method: sngp, layers: last}
    ```

    ## References
    - Liu et al. 2020, arXiv:2006.10108, section 2
    - van Amersfoort et al. 2021, On Feature Collapse and Deep Kernel Learning, arXiv:2102.11409
    """
    last = view.layers[-1]
    section = view.bayesian_sections.get(last.index)
    if view.bayesian.layers != "all" or section is None or section.method != "sngp":
        return []
    # Names stand for all repetitions of a layer.
    names = dict.fromkeys(view.layers[index].called[0] for index in view.bayesian_sections)
    meant = "last" if len(view.bayesian_sections) == 1 else f"[{', '.join(names)}]"
    return [
        report(
            view.place(*placed.path),
            "a backbone need not keep the distances that the Gaussian process behind it measures",
            label="nothing bounds its spectral norms",
            related=(
                Label(
                    view.place(*view.bayesian_path(last, "method")),
                    "bounds those of the other layers with a kernel",
                ),
            ),
            notes=("images unlike those of the training may come to lie among them there",),
            help=(
                f"write `layers: {meant}` if it is meant so, `method: laplace` with `layers: last`, "
                "or convolutions of your own in place of the backbone",
            ),
        )
        for placed in view.layers
        if isinstance(placed.section, Backbone)
    ]
