"""BNN260."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.sources import SOURCES, is_other_data


@rule("BNN260", needs=("data.source",), severity="warning")
def data_that_is_not_there(view: View, report: Report) -> list[Diagnostic]:
    """There is no data at the path that the spec names.

    ## What it does
    Looks for a `data.source` that is no named source. A path is relative to the file that says it.
    It is a warning: a spec may be checked where its data is not, as in CI. A named source is never
    looked for, as Keras downloads it.

    ## Why it is bad
    Training would end with this sentence, after TensorFlow has started. And what is not there cannot
    be looked into: rules that need the rows, the shape of the images or the labels say nothing.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    data: {source: kmnist}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data: {source: mnist}
    ```
    """
    found, data = view.found, view.data
    if found.absent is None or data is None:
        return []
    source = data.source
    looks_like_a_name = not any(sign in source for sign in "/\\.~")
    message = f"{quoted(source)} {found.absent}"
    if looks_like_a_name and (is_other_data(source) or not found.near):
        message = f"{quoted(source)} is neither a named source nor a path that exists"
        known = ", ".join(f"`{name}`" for name in SOURCES)
        help: tuple[str, ...] = (
            f"the named sources are {known}; bnnc downloads no others",
            "save other data as an .npz archive with `x_train`, `y_train`, `x_test` and `y_test`, or "
            "as a folder with one subfolder of images a class, and name its path",
        )
    elif found.near:
        help = (f"did you mean {' or '.join(quoted(one) for one in found.near)}?",)
    else:
        help = ("a path is relative to the file that says it; correct it, or bring the data there",)
    return [
        report(
            view.value("data", "source"),
            message,
            label="no data here",
            help=help,
        )
    ]
