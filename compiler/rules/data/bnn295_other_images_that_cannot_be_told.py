"""BNN295."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.sources import SOURCES


@rule("BNN295", needs=("evaluation.ood", "input.shape", "data"))
def other_images_that_cannot_be_told(view: View, report: Report) -> list[Diagnostic]:
    """The out-of-distribution images are those of the training, or have another shape.

    ## What it does
    Compares each entry of `evaluation.ood` with `data.source`, and the images of named sources with
    `input.shape`.

    ## Why it is bad
    Images of the training are not out of distribution: their AUROC is 0.5, whatever the model. Images
    of another shape do not go into the model, and the evaluation would end with an error.

    ## Example
    ```yaml
    input: {shape: [28, 28, 1], value_range: [0, 255]}
    evaluation: {ood: [cifar10]}
    data: {source: fashion-mnist}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 1], value_range: [0, 255]}
    evaluation: {ood: [mnist]}
    data: {source: fashion-mnist}
    ```
    """
    evaluation, data = view.evaluation, view.data
    found = []
    for index, source in enumerate(() if evaluation is None else evaluation.ood):
        span = view.value_span("evaluation", "ood", index)
        shape = view.input.shape
        others = [one for one in SOURCES.values() if one.shape == shape]
        known = SOURCES.get(source)
        if data is not None and source == data.source:
            found.append(
                report(
                    span,
                    f"{quoted(source)} is the data of the training",
                    label="none of its images is out of distribution",
                    related=(Label(view.span_of("data", "source"), "the data of the training"),),
                    help=(_way_out([one.name for one in others if one.name != source]),),
                )
            )
        elif known is not None and known.shape != shape:
            found.append(
                report(
                    span,
                    f"the images of {quoted(source)} have shape {list(known.shape)}, and the model "
                    f"reads {list(shape)}",
                    label="does not go into the model",
                    related=(Label(view.span_of("input", "shape"), "the shape of the inputs"),),
                    help=(
                        _way_out(
                            [one.name for one in others if data is None or one.name != data.source]
                        ),
                    ),
                )
            )
    return found


def _way_out(names: list[str]) -> str:
    if not names:
        return "name a folder, a table or an .npz file with inputs of the model's shape"
    return f"write {' or '.join(f'`{name}`' for name in names)}, or a path to other data"
