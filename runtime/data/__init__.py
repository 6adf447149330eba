"""Labelled images from a named source or a path, checked before training starts.

Every source is one file; `known.py` is the registry of those that have a name. What cannot be
trained on is refused by a `DataError` that says where, what was expected and the way out.
"""

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.images import check_images
from bnnc.runtime.data.known import KNOWN_SOURCES
from bnnc.runtime.data.known_source import KnownSource
from bnnc.runtime.data.labels import encode_labels
from bnnc.runtime.data.load import load
from bnnc.runtime.data.prediction_images import read_images
from bnnc.runtime.data.split import validation_split

__all__ = [
    "KNOWN_SOURCES",
    "DataError",
    "Dataset",
    "KnownSource",
    "Split",
    "check_images",
    "encode_labels",
    "load",
    "read_images",
    "validation_split",
]
