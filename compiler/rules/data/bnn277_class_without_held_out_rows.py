"""BNN277."""

from bnnc.compiler.analysis.data_survey import listed
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted
from bnnc.specs.data import Data


@rule("BNN277", needs=("survey", "output.labels", "data"), severity="warning")
def class_without_held_out_rows(view: View, report: Report) -> list[Diagnostic]:
    """A class has no row in a part that is split off at random.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, divides the rows as the training does
    and counts the classes of each part. It finds a class that has training rows, and no row among
    those that `data.validation_split` or `data.splits` takes out without `stratified`.

    ## Why it is bad
    The validation loss, early stopping and the figures of `bnnc evaluate` then know nothing of that
    class. A model that never predicts it looks as good as one that does.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz, splits: {validation: 0.1, seed: 4}}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 4
    labels[:10] = 4
    np.savez("own.npz", x_train=images, y_train=labels)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz, splits: {validation: 0.1, seed: 4, stratified: true}}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 4
    labels[:10] = 4
    np.savez("own.npz", x_train=images, y_train=labels)
    ```
    """
    data, survey = view.data, view.survey
    counts = survey.label_counts
    if data is None or counts is None:
        return []
    found = []
    for part, share, path in _split_off(data):
        if part not in counts or (data.splits is not None and data.splits.stratified):
            continue
        absent = [
            number
            for number, (trained, held) in enumerate(
                zip(counts["train"], counts[part], strict=True)
            )
            if trained > 0 and held == 0
        ]
        if not absent:
            continue
        names = [quoted(survey.class_name(number)) for number in absent]
        rows = [counts["train"][number] for number in absent]
        enough = min(rows) * share >= 1
        key = "classes" if len(absent) > 1 else "class"
        found.append(
            report(
                view.span_of(*path),
                f"no {part} row has the {key} {listed(names)}",
                label=f"{counted(survey.rows[part], 'row')}, chosen without regard to classes",
                related=(Label(view.span_of("data", "source"), "the data"),),
                notes=(
                    f"{'they have' if len(absent) > 1 else 'it has'} "
                    f"{listed([f'{row:,}' for row in rows])} training rows",
                ),
                help=(_remedy(part, share, data, enough),),
                fixes=(
                    (
                        view.fix_set(
                            "write `stratified: true`", (("data", "splits", "stratified"), "true")
                        ),
                    )
                    if enough and data.splits is not None and data.splits.by is None
                    else ()
                ),
            )
        )
    return found


def _split_off(data: Data) -> list[tuple[str, float, tuple[str, ...]]]:
    """The parts that the spec takes out of the training rows, with their shares and paths."""
    if data.splits is None:
        share = data.validation_split
        return [("validation", share, ("data", "validation_split"))] if share > 0 else []
    shares = {"validation": data.splits.validation, "test": data.splits.test}
    return [(part, share, ("data", "splits", part)) for part, share in shares.items() if share > 0]


def _remedy(part: str, share: float, data: Data, enough: bool) -> str:
    if not enough:
        return f"add images of the rare classes, or choose a larger share for {part}"
    if data.splits is None:
        splits = f"`splits: {{validation: {share:g}, stratified: true}}`"
        return f"write {splits} instead of `validation_split`"
    if data.splits.by is not None:
        return "choose another `seed`, or another share: groups of rows stay together"
    return "write `stratified: true` into `splits`, so that each class has its share in all parts"
