"""BNN512."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN512", needs=("layers", "bayesian"), severity="warning")
def backbone_before_a_gaussian_process(view: View, report: Report) -> list[Diagnostic]:
    """A backbone, whose spectral norms have no bound, comes before a Gaussian process.

    ## What it does
    Reports a `backbone` before the last layer under `sngp` with `layers: all`. If you list the
    layers, or write `layers: last`, you have already excluded the backbone, and the rule reports
    nothing.

    ## Why it is bad
    A Gaussian process detects that an image is unlike the training images by its distance from
    them, measured in the features that the layers before it give. `sngp` bounds the spectral norms
    of kernels to keep such distances. The backbone is not changed: its kernels have any norm, and
    its batch normalizations divide by any deviation. Images that are far from each other may get
    nearly the same features (feature collapse), and the process is then certain about images that
    it has never seen. How well this works depends on the backbone: measure it on images unlike the
    training images. Other methods measure no distances: `laplace` on the last layer, or an
    `ensemble`.

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
    # A name selects all repetitions of a layer.
    names = dict.fromkeys(view.layers[index].selectors[0] for index in view.bayesian_sections)
    meant = "last" if len(view.bayesian_sections) == 1 else f"[{', '.join(names)}]"
    return [
        report(
            view.span_of(*placed.path),
            "a backbone may not keep the distances that the Gaussian process after it measures",
            label="its spectral norms have no bound",
            related=(
                Label(
                    view.span_of(*view.bayesian_path(last, "method")),
                    "bounds the spectral norms of the other layers with a kernel",
                ),
            ),
            notes=("images unlike the training images may get features like theirs",),
            help=(
                f"write `layers: {meant}` if you want this, or `method: laplace` with "
                "`layers: last`, or your own convolutions instead of the backbone",
            ),
        )
        for placed in view.layers
        if isinstance(placed.section, Backbone)
    ]
