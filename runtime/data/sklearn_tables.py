"""The tables of numbers that scikit-learn contains: real data without a download.

`diabetes` is in its own units: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, Least Angle
Regression, Annals of Statistics 32, 2004. `wine`, `breast-cancer` and `iris` are those of the UCI
Machine Learning Repository.
"""

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.features import as_features
from bnnc.runtime.data.known_source import KnownSource
from bnnc.runtime.data.systematic_split import rows_to_test
from bnnc.specs.sources import SOURCES


def load_table(name: str) -> Dataset:
    """Read a table, and divide it: every fifth row in the order of the labels is tested on."""
    # Here rather than above: scikit-learn takes a second to import, and most sources do without.
    from sklearn import datasets

    known = _SOURCES[name]
    arguments: dict[str, Any] = {"scaled": False} if name == "diabetes" else {}
    source = getattr(datasets, f"load_{name.replace('-', '_')}")(**arguments)
    origin = f"scikit-learn's embedded {name}"
    features = as_features(np.asarray(source.data), where=origin)
    labels = np.asarray(source.target)
    labels = labels.astype(np.int64 if known.class_names else np.float64)
    tested = rows_to_test(labels, known.rows_test)
    return Dataset(
        name=name,
        train=Split(images=features[~tested], labels=labels[~tested]),
        test=Split(images=features[tested], labels=labels[tested]),
        class_names=known.class_names or None,
        origin=origin,
        feature_names=tuple(map(_name, source.feature_names)),
    )


def _name(feature: str) -> str:
    """A feature without its unit: `sepal_length` of "sepal length (cm)"."""
    return str(feature).partition(" (")[0].replace(" ", "_")


def _source(name: str, *class_names: str) -> KnownSource:
    return KnownSource(
        **asdict(SOURCES[name]), load=partial(load_table, name), class_names=class_names
    )


DIABETES = _source("diabetes")
WINE = _source("wine", "class_0", "class_1", "class_2")
BREAST_CANCER = _source("breast-cancer", "malignant", "benign")
IRIS = _source("iris", "setosa", "versicolor", "virginica")
TABLES = (DIABETES, WINE, BREAST_CANCER, IRIS)

_SOURCES = {source.name: source for source in TABLES}
