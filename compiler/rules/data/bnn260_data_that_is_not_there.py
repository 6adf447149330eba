"""BNN260."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.sources import SOURCES, is_other_data


@rule("BNN260", needs=("data.source",), severity="warning")
def data_that_is_not_there(view: View, report: Report) -> list[Diagnostic]:
    """There is no data at the path in the spec.

    ## What it does
    Looks for a `data.source` that is not a named source. A path is relative to the file that
    contains it. The finding is a warning, because a spec can be checked on a machine without its
    data, such as in CI. It is also reported where the libraries that read the data are not
    installed (`pip install 'bnnc[tf]'`). bnnc does not look for named sources: Keras downloads them.

    ## Why it is bad
    Training would fail with this message, after TensorFlow has started. Without the data, the rules
    that need the number of rows, the shape of the images or the labels cannot check anything.

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
    if found.install is not None:
        return [
            report(
                view.value_span("data", "source"),
                f"the data at {quoted(source)} {found.absent}",
                label="rules about rows, shapes and labels were not asked",
                help=(found.install,),
            )
        ]
    looks_like_a_name = not any(sign in source for sign in "/\\.~")
    message = f"{quoted(source)} {found.absent}"
    if looks_like_a_name and (is_other_data(source) or not found.near):
        message = f"{quoted(source)} is neither a named source nor a path that exists"
        known = ", ".join(f"`{name}`" for name in SOURCES)
        help: tuple[str, ...] = (
            f"the named sources are {known}; bnnc cannot download other data",
            "save other data as an .npz archive with `x_train`, `y_train`, `x_test` and `y_test`, or "
            "as a folder with one subfolder of images for each class, and write its path",
        )
    elif found.near:
        help = (f"did you mean {' or '.join(quoted(one) for one in found.near)}?",)
    else:
        help = (
            "correct the path, which is relative to the file that contains it; or copy the data there",
        )
    return [
        report(
            view.value_span("data", "source"),
            message,
            label="no data at this path",
            help=help,
        )
    ]
