"""BNN279."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import counted
from bnnc.printable import harmless

# Of the files; `bnnc data` lists all.
SHOWN = 5


@rule("BNN279", needs=("survey", "data.source"))
def image_files_that_cannot_be_read(view: View, report: Report) -> list[Diagnostic]:
    """Image files of the data cannot be read.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, reads every image file to its end. It
    finds all files that are damaged, cut off, of a format that bnnc does not read, or not there.
    `bnnc data` prints each of them. With `data.on_error: skip`, which leaves them out of the
    training, they are no finding.

    ## Why it is bad
    Training stops at the first of them. An image that is missing from a class may also be one that
    is missing from the source that it was copied from.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 50}
    data: {source: scans}
    ```

    ```python
    from pathlib import Path

    import numpy as np
    from PIL import Image

    for row, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (50, 8, 8), np.uint8)):
        folder = Path("scans", "good" if row % 2 else "bad")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{row}.png")
    Path("scans/good/51.png").write_bytes(Path("scans/good/1.png").read_bytes()[:80])
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 50}
    data: {source: scans}
    ```

    ```python
    from pathlib import Path

    import numpy as np
    from PIL import Image

    for row, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (50, 8, 8), np.uint8)):
        folder = Path("scans", "good" if row % 2 else "bad")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{row}.png")
    ```
    """
    unreadable = view.survey.unreadable
    if not unreadable or (view.data is not None and view.data.on_error == "skip"):
        return []
    count = len(unreadable)
    more = [f"and {count - SHOWN:,} more"] if count > SHOWN else []
    return [
        report(
            view.value_span("data", "source"),
            f"{counted(count, 'image file')} cannot be read",
            label="training would refuse this data",
            notes=(
                *(harmless(f"{one.file}: {one.reason}".rstrip(".")) for one in unreadable[:SHOWN]),
                *more,
            ),
            help=("replace these files or remove them; `data.on_error: skip` leaves them out",),
        )
    ]
