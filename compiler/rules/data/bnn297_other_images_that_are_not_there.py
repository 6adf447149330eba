"""BNN297."""

import os

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.specs.sources import SOURCES, source_path


@rule("BNN297", needs=("evaluation.ood",), severity="warning")
def other_images_that_are_not_there(view: View, report: Report) -> list[Diagnostic]:
    """There are no out-of-distribution images at a path in the spec.

    ## What it does
    Looks for each entry of `evaluation.ood` that is not a named source. A path is relative to the
    file that contains it. The finding is a warning, because a spec can be checked, and trained, on a
    machine without these images.

    ## Why it is bad
    `bnnc evaluate` would end with this message, after the training.

    ## Example
    ```yaml
    evaluation: {ood: [kmnist]}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 1], value_range: [0, 255]}
    evaluation: {ood: [mnist]}
    ```
    """
    evaluation = view.evaluation
    found = []
    for index, source in enumerate(() if evaluation is None else evaluation.ood):
        span = view.value_span("evaluation", "ood", index)
        if source in SOURCES or _is_there(source, span.source.folder):
            continue
        found.append(
            report(
                span,
                f"{quoted(source)} is neither a named source nor a path that exists",
                label="no images at this path",
                help=(
                    f"the named sources are {', '.join(f'`{name}`' for name in SOURCES)}; save other "
                    "images in a folder, or as an .npz file, and write its path",
                ),
            )
        )
    return found


def _is_there(source: str, folder: str | None) -> bool:
    try:
        return os.path.lexists(source_path(source, folder))
    except (OSError, RuntimeError, ValueError):  # a path that no system takes
        return False
