"""BNN805."""

from bnnc.compiler.diagnosis.case import LARGEST_SHIFT, Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# A class with so many held-out rows is predicted for fewer than this share of them.
LEAST_ROWS, LEAST_SHARE = 15, 0.2


@symptom("BNN805", explains=("BNN835",))
def class_never_predicted(case: Case, report: Report) -> list[Diagnostic]:
    """A class is hardly ever predicted.

    ## What it does
    Counts the predicted classes of held-out rows. It reports a class with at least 15 rows that is
    predicted less than a fifth as often as it occurs, if the model has learned the other classes.

    ## Why it is bad
    Accuracy hides it: a model that never predicts a class of 1 % loses 1 %. The usual cause is a
    class that has few training rows, or none.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.001}, epochs: 10}
    data: {source: rare-class.npz}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    kept = np.append(np.flatnonzero(labels[:1400] != 8), np.flatnonzero(labels[:1400] == 8)[:2])
    np.savez("rare-class.npz", x_train=images[kept], y_train=labels[kept],
             x_test=images[1400:], y_test=labels[1400:])
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Buda et al. 2018, arXiv:1710.05381
    """
    held_out, images = case.held_out, case.evidence.images
    if held_out is None or case.is_poor or images is None:
        return []
    if (images.shift or 0.0) > LARGEST_SHIFT:
        return []  # the images are of another kind: BNN806
    if held_out.predicted is None or held_out.labels is None:
        return []
    pairs = list(enumerate(zip(held_out.predicted, held_out.labels, strict=True)))
    missed = [one for one, (said, has) in pairs if has >= LEAST_ROWS and said < LEAST_SHARE * has]
    if not missed or len(missed) > len(pairs) // 2:
        return []
    shares = images.train_shares or ()
    trained = [
        f"{case.class_name(one)}: predicted {held_out.predicted[one]} times, and "
        f"{held_out.labels[one]} of {held_out.rows:,} held-out rows have it"
        + (f"; {shares[one]:.2%} of the training rows" if one < len(shares) else "")
        for one in missed
    ]
    is_rare = all(one >= len(shares) or shares[one] < 0.5 / len(pairs) for one in missed)
    is_falling = not is_rare and case.left_by_twice_the_epochs < 1
    weight = "a higher weight of these classes in `loss.class_weight`"
    return [
        report(
            case.place("output"),
            f"{case.class_name(missed[0])} is hardly ever predicted"
            if len(missed) == 1
            else f"{len(missed)} classes are hardly ever predicted",
            label=f"{len(pairs)} classes",
            notes=tuple(trained[:5]),
            help=(
                f"add training rows of it, or try {weight}"
                if is_rare
                else "look at images of it; "
                + (f"{case.fix_of_twice_the_epochs.description}, " if is_falling else "")
                + f"or try {weight}",
            ),
            fixes=(case.fix_of_twice_the_epochs,) if is_falling else (),
        )
    ]
