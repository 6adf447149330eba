"""BNN277."""

from bnnc.compiler.analysis.data_survey import listed
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.diagnostics.wording import counted, quoted
from bnnc.specs.data import Data
from bnnc.specs.sources import DataFacts


@rule("BNN277", needs=("survey", "output.labels", "data"), severity="warning")
def class_without_held_out_rows(view: View, report: Report) -> list[Diagnostic]:
    """A random split leaves a class without rows in one of the parts.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, divides the rows as the training does
    and counts the classes of each part. It finds a class that has training rows and none among those
    that `data.validation_split` or `data.splits` takes out without `stratified`, and one whose rows
    are all taken out.

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
    for part, share, path in _split_off(data, view.facts):
        if part not in counts or (data.splits is not None and data.splits.stratified):
            continue
        pairs = list(enumerate(zip(counts["train"], counts[part], strict=True)))
        untrained = [number for number, (trained, held) in pairs if trained == 0 < held]
        absent = untrained or [number for number, (trained, held) in pairs if held == 0 < trained]
        if not absent:
            continue
        where, has = ("training", part) if untrained else (part, "training")
        rows = [sum(pair) for number, pair in pairs if number in absent]
        enough = bool(untrained) or min(rows) * share >= 1
        names = listed([quoted(survey.class_name(number)) for number in absent])
        found.append(
            report(
                view.span_of(*path),
                f"no {where} row has the {'class' if len(absent) == 1 else 'classes'} {names}",
                label=f"{counted(survey.rows[part], 'row')}, chosen without regard to classes",
                related=(Label(view.span_of("data", "source"), "the data"),),
                notes=(f"{has} rows: {listed([f'{row:,}' for row in rows])}",),
                help=(_remedy(part, share, data, enough),),
                fixes=_fixes(view) if enough and data.splits and not data.splits.by else (),
            )
        )
    return found


def _fixes(view: View) -> tuple[Fix, ...]:
    change = ("data", "splits", "stratified"), "true"
    return (view.fix_set("write `stratified: true`", change),)


def _split_off(data: Data, facts: DataFacts | None) -> list[tuple[str, float, tuple[str, ...]]]:
    """The parts that the spec takes out of the training rows, with their shares and paths.

    A part that the source has of its own is not divided: BNN265 reports it.
    """
    own = (
        set() if facts is None else {("validation", facts.has_validation), ("test", facts.has_test)}
    )
    splits = data.splits
    parts = (
        [("validation", data.validation_split, ("data", "validation_split"))]
        if splits is None
        else [
            ("validation", splits.validation, ("data", "splits", "validation")),
            ("test", splits.test, ("data", "splits", "test")),
        ]
    )
    return [one for one in parts if one[1] > 0 and (one[0], True) not in own]


def _remedy(part: str, share: float, data: Data, enough: bool) -> str:
    if not enough:
        return f"add images of the rare classes, or choose a larger share for {part}"
    if data.splits is None:
        splits = f"`splits: {{validation: {share:g}, stratified: true}}`"
        return f"write {splits} instead of `validation_split`"
    if data.splits.by is not None:
        return "choose another `seed`, or another share: groups of rows stay together"
    return "write `stratified: true` into `splits`, so that each class has its share in all parts"
