"""BNN296."""

from typing import get_args

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.evaluation import CorruptionName, is_suited, names_of
from bnnc.specs.shapes import axes_text


@rule("BNN296", needs=("evaluation.shift", "input.shape"))
def corruption_of_other_images(view: View, report: Report) -> list[Diagnostic]:
    """A corruption does not suit the shape of the images.

    ## What it does
    Compares the corruptions in `evaluation.shift` with `input.shape`. `rotation` needs images or
    volumes, and `jpeg` needs images of height and width.

    ## Why it is bad
    A series cannot be rotated, and JPEG has no third dimension: the evaluation would end with an
    error.

    ## Example
    ```yaml
    input: {shape: [64, 2], value_range: [-1, 1]}
    evaluation: {shift: [gaussian_noise, rotation]}
    ```

    ## Use instead
    ```yaml
    input: {shape: [64, 2], value_range: [-1, 1]}
    evaluation: {shift: [gaussian_noise, blur]}
    ```
    """
    evaluation = view.evaluation
    if evaluation is None:
        return []
    shape = view.input.shape
    names = names_of(evaluation.shift)
    is_table = not any(is_suited(one, shape) for one in get_args(CorruptionName))
    if is_table and evaluation.shift == "all":
        names = ("all",)
    path = ("evaluation", "shift")
    return [
        report(
            view.value_span(*path, index)
            if isinstance(evaluation.shift, list)
            else view.value_span(*path),
            f"`{name}` does not suit inputs of shape {list(shape)}",
            label="needs an image" if name == "jpeg" else "needs height and width",
            related=(Label(view.span_of("input", "shape"), axes_text(len(shape))),),
            help=(
                "delete `shift`: a table has no corruptions"
                if is_table
                else f"delete `{name}`, or write `shift: all` for all corruptions that suit",
            ),
        )
        for index, name in enumerate(names)
        if name == "all" or not is_suited(name, shape)
    ]
