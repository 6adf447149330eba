"""The digits that scikit-learn contains: real images without a download.

1,797 handwritten digits of 8 × 8 pixels, values 0..16. Reference: E. Alpaydin and C. Kaynak,
Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
"""

from dataclasses import asdict

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.known_source import KnownSource
from bnnc.runtime.data.systematic_split import rows_to_test
from bnnc.specs.sources import SOURCES

ROWS_TRAIN = SOURCES["digits"].rows_train
ROWS_TEST = SOURCES["digits"].rows_test
CLASS_NAMES = tuple("0123456789")


def load_digits() -> Dataset:
    """Read the digits and divide them, 1,437 to train on and 360 to test on."""
    # Here rather than above: scikit-learn takes a second to import, and most sources do without.
    from sklearn import datasets

    source = datasets.load_digits()
    images = np.asarray(source.images).astype(np.uint8)[..., np.newaxis]
    labels = np.asarray(source.target).astype(np.int64)
    tested = rows_to_test(labels, ROWS_TEST)
    return Dataset(
        name="digits",
        train=Split(images=images[~tested], labels=labels[~tested]),
        test=Split(images=images[tested], labels=labels[tested]),
        class_names=CLASS_NAMES,
        origin="scikit-learn's embedded digits",
    )


DIGITS = KnownSource(
    **asdict(SOURCES["digits"]),
    load=load_digits,
    class_names=CLASS_NAMES,
)
