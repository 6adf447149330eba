"""BNN801."""

import math

from bnnc.compiler.diagnosis.case import LARGEST_SHIFT, SURE, Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

_FOLLOWING = (
    "BNN805", "BNN806", "BNN812", "BNN817", "BNN818", "BNN819", "BNN811", "BNN830", "BNN813",
    "BNN835", "BNN836", "BNN839",
)  # fmt: skip


@symptom("BNN801", explains=_FOLLOWING)
def labels_unlike_the_images(case: Case, report: Report) -> list[Diagnostic]:
    """Labels have nothing to do with their images.

    ## What it does
    Predicts held-out images by the model, and also by the labels of the five nearest training
    images, in the space of pixel values. If neither is better than the most common class, by five
    standard errors, the labels look shuffled. If the training images agree with their neighbours
    and the model has learned them, only the held-out labels are wrong.

    ## Why it is bad
    A network can learn shuffled labels by heart, and its training accuracy rises as usual. Nothing
    that it learns holds for another image. The usual causes: images and labels are sorted or
    filtered separately, read from two files of different order, or one of them is shuffled alone.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.001}, epochs: 10}
    data: {source: shuffled.npz}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    labels = np.random.default_rng(0).permutation(labels)
    np.savez("shuffled.npz", x_train=images[:1400], y_train=labels[:1400],
             x_test=images[1400:], y_test=labels[1400:])
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Zhang et al. 2017, arXiv:1611.03530
    """
    images, held_out, train = case.evidence.images, case.held_out, case.train
    if images is None or held_out is None or train is None or train.accuracy is None:
        return []
    near, near_held_out = images.neighbour_accuracy, images.held_out_neighbour_accuracy
    accuracy, guessing = held_out.accuracy, held_out.chance_accuracy
    if near is None or near_held_out is None or accuracy is None or guessing is None:
        return []
    limit = _sure_limit(guessing, held_out.rows)
    if accuracy > limit or near_held_out > _sure_limit(guessing, min(held_out.rows, 1000)):
        return []
    renamed = held_out.reordered_accuracy or 0.0
    if near > 2 * limit and renamed > 0.5 * train.accuracy:
        return []  # the classes have other numbers: BNN802
    if near > 2 * limit and (images.shift or 0.0) > LARGEST_SHIFT:
        return []  # the images are of another kind: BNN806
    which = f"the {case.evidence.held_out_name} labels" if near > 2 * limit else "the labels"
    return [
        report(
            case.place("data", "source"),
            f"{which} have nothing to do with the images: they look shuffled",
            label=f"{images.train_rows + held_out.rows:,} rows compared",
            notes=(
                f"accuracy on {held_out.rows:,} held-out rows: model {accuracy:.3f}, nearest "
                f"training images {near_held_out:.3f}, most common class {guessing:.3f}",
                f"nearest images agree on {near:.1%} of the training labels",
            ),
            help=(
                "look at some images with their labels, and at the code that wrote both; shuffle "
                "and filter images and labels with the same indices",
            ),
        )
    ]


def _sure_limit(share: float, rows: int) -> float:
    """A share that guessing does not reach, by five standard errors."""
    return share + SURE * math.sqrt(share * (1 - share) / max(rows, 1))
