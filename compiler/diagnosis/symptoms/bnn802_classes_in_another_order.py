"""BNN802."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# The accuracy with renamed classes, as a share of that in training; and the accuracy as it is, as a
# share of that with renamed classes.
LEAST_RENAMED, MOST_AS_IS = 0.6, 0.5


@symptom("BNN802", explains=("BNN805", "BNN806", "BNN819", "BNN835", "BNN836"))
def classes_in_another_order(case: Case, report: Report) -> list[Diagnostic]:
    """The held-out classes have other numbers than those trained on.

    ## What it does
    Looks for the renaming of classes under which the held-out predictions are right most often. The
    symptom is reported if the predictions are mostly wrong as they are, and mostly right with the
    classes renamed.

    ## Why it is bad
    The model is fine, and every metric says that it is bad. The usual causes: class folders that
    are listed in another order, class numbers that were made by two runs of a script, or numbers
    that begin with 1 in one of the files.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.001}, epochs: 10}
    data: {source: reordered.npz}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    reordered = np.roll(np.arange(10), 1)[labels]
    np.savez("reordered.npz", x_train=images[:1400], y_train=labels[:1400],
             x_test=images[1400:], y_test=reordered[1400:])
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```
    """
    held_out, train = case.held_out, case.train
    if held_out is None or train is None:
        return []
    accuracy, renamed = held_out.accuracy, held_out.reordered_accuracy
    if accuracy is None or renamed is None or train.accuracy is None or case.is_poor:
        return []
    if renamed < LEAST_RENAMED * train.accuracy or accuracy > MOST_AS_IS * renamed:
        return []
    return [
        report(
            case.place("data", "source"),
            f"the classes of the {case.evidence.held_out_name} rows are numbered in another order "
            "than those of the training rows",
            label=f"accuracy {accuracy:.3f}, and {renamed:.3f} with the classes renamed",
            notes=(f"training accuracy: {train.accuracy:.3f}",),
            help=(
                "number the classes of all splits by one list; for a source with class names, "
                "write it into the spec: `data: {classes: [...]}`",
            ),
        )
    ]
