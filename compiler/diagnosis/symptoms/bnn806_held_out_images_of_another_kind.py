"""BNN806."""

from bnnc.compiler.diagnosis.case import LARGEST_SHIFT, Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@symptom("BNN806", explains=("BNN835", "BNN836", "BNN805", "BNN819"))
def held_out_images_of_another_kind(case: Case, report: Report) -> list[Diagnostic]:
    """The held-out images are brighter, darker, or of another contrast than the training images.

    ## What it does
    Compares the mean and the standard deviation of single images in both sets. It reports a
    difference of more than half a standard deviation over images.

    ## Why it is bad
    The metrics then say how the model does on other data than it was trained on. If that is meant,
    the finding is right and harmless. Often it is not: one split was scaled, inverted or compressed
    in another way.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.001}, epochs: 10}
    data: {source: darker-test.npz}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    np.savez("darker-test.npz", x_train=images[:1400], y_train=labels[:1400],
             x_test=0.3 * images[1400:], y_test=labels[1400:])
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Ovadia et al. 2019, arXiv:1906.02530
    """
    images, held_out = case.evidence.images, case.held_out
    if images is None or images.shift is None or held_out is None:
        return []
    natural = 6 * (1 / images.train_rows + 1 / max(images.held_out_rows, 1)) ** 0.5
    if images.shift <= max(LARGEST_SHIFT, natural):
        return []
    name = case.evidence.held_out_name
    accuracy = (
        ()
        if held_out.accuracy is None or case.train is None or case.train.accuracy is None
        else (
            f"accuracy: {case.train.accuracy:.3f} on training rows, {held_out.accuracy:.3f} on "
            f"{name} rows",
        )
    )
    return [
        report(
            case.place("data", "source"),
            f"the {name} images are of another kind than the training images",
            label="brightness or contrast differs by "
            f"{images.shift:.2g} standard deviations over images",
            notes=accuracy,
            help=(
                f"read and scale both splits in the same way; if the {name} images are meant to "
                "differ, train on some of their kind or expect these metrics",
            ),
        )
    ]
