"""BNN228."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN228", needs=("input", "layers"))
def backbone_of_standardised_images(view: View, report: Report) -> list[Diagnostic]:
    """The images are standardised before a backbone that standardises them itself.

    ## What it does
    Finds `mean` or `std` in `input` if the spec has a `backbone` with `preprocessing: application`,
    the default for pretrained weights.

    ## Why it is bad
    Pretrained weights were trained on images that were standardised in the way of their
    application. The backbone does this itself, from pixels between 0 and 1. If the pixels are
    already standardised, the backbone receives other values than in its training. Nothing fails,
    but its features are worth little.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3], mean: 0.5}
    layers:
      - {type: backbone, application: MobileNetV2, trainable: false, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, trainable: false, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## References
    - https://keras.io/api/applications/
    """
    said = [key for key in ("mean", "std") if getattr(view.input, key) is not None]
    if not said:
        return []
    return [
        report(
            view.span_of("input", said[0]),
            "the images are standardised twice",
            label="standardises them",
            related=(
                Label(
                    view.span_of(*one.path, "type"), f"standardises them again, as {name} expects"
                ),
            ),
            notes=(f"{name} was trained on images that {_MEANING[layer.known.preprocessing]}",),
            help=(
                "delete " + " and ".join(f"`{key}`" for key in said) + "; or, to use these "
                "instead of the application's own preprocessing, write `preprocessing: none` in the backbone",
            ),
            fixes=(view.fix_delete("input", said[0]),) if len(said) == 1 else (),
        )
        for one in view.layers
        if isinstance(layer := one.section, Backbone)
        and layer.preprocesses
        and (name := layer.application)
    ]


_MEANING = {
    "caffe": "have the channels blue, green, red from 0 to 255, minus the ImageNet means",
    "tf": "have values from -1 to 1",
    "torch": "have the ImageNet means subtracted and are divided by its standard deviations",
    "pixels": "have values from 0 to 255",
}
