"""BNN228."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN228", needs=("input", "layers"))
def backbone_of_standardised_images(view: View, report: Report) -> list[Diagnostic]:
    """A backbone that standardises the images gets them standardised.

    ## What it does
    Finds `mean` or `std` in `input` beside a `backbone` whose `preprocessing` is `application`, as it
    is by default for pretrained weights.

    ## Why it is bad
    Pretrained weights have learned from images that were standardised in one way, each application
    in its own. The backbone does that by itself, from pixels between 0 and 1. Of pixels that were
    standardised before, it makes others than it was trained on: no error, and features of little
    worth.

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
            view.place("input", said[0]),
            "the images are standardised twice",
            label="standardises them",
            related=(Label(view.place(*one.path, "type"), f"standardises them as {name} expects"),),
            notes=(f"{name} was trained on images that {_MEANING[layer.known.preprocessing]}",),
            help=(
                "delete "
                + " and ".join(f"`{key}`" for key in said)
                + "; to have your own in place "
                "of the application's, write `preprocessing: none` in the backbone",
            ),
            fixes=(view.deleting("input", said[0]),) if len(said) == 1 else (),
        )
        for one in view.layers
        if isinstance(layer := one.section, Backbone)
        and layer.preprocesses
        and (name := layer.application)
    ]


_MEANING = {
    "caffe": "are blue, green, red from 0 to 255, less the means of ImageNet",
    "tf": "go from -1 to 1",
    "torch": "are less the means of ImageNet, and over its standard deviations",
    "pixels": "go from 0 to 255",
}
