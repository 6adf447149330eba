"""BNN804."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# Well-known data sets have up to a few in a thousand; CIFAR-100 has 1 %.
MOST_DUPLICATES = 0.02


@symptom("BNN804")
def held_out_images_trained_on(case: Case, report: Report) -> list[Diagnostic]:
    """Held-out images are also among the training images.

    ## What it does
    Compares the bytes of up to 2,000 held-out images with up to 2,000 training images, and reports
    more than 2 % of equal ones. Of larger data it sees a part of the duplicates.

    ## Why it is bad
    Accuracy, calibration and the choice of a model then rest on images that the model has seen. A
    Bayesian model is sure of them, and its uncertainty looks better than it is.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.001}, epochs: 10}
    data: {source: leaking.npz}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    np.savez("leaking.npz", x_train=images[:1400], y_train=labels[:1400],
             x_test=images[1200:], y_test=labels[1200:])
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Barz and Denzler 2020, arXiv:1902.00423
    """
    images = case.evidence.images
    if images is None or images.duplicates is None or images.duplicates <= MOST_DUPLICATES:
        return []
    name = case.evidence.held_out_name
    return [
        report(
            case.place("data", "source"),
            f"{images.duplicates:.0%} of the {name} images are among the training images",
            label=f"{images.held_out_rows:,} {name} images compared with {images.train_rows:,}",
            help=(
                "remove equal images before the data is split; keep images of one patient, scene "
                "or video in one split",
            ),
        )
    ]
