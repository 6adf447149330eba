"""The prepared data of a training."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from bnnc.runtime.data.stored_images import StoredImages, in_parts
from bnnc.runtime.display import listed_names, rows_text
from bnnc.runtime.training.batches import Batches, Stream
from bnnc.specs.sources import DataFacts
from bnnc.system.table import Shown, Table

# How the digest of images begins that are streamed.
_OF_FILES = "files-"


@dataclass(frozen=True, eq=False, repr=False)
class Prepared(Shown):
    """The prepared data of a training.

    Attributes:
        name: the data in a few words: a known name, a path, or `arrays`.
        train: batches to train on.
        validation: batches held out, or None.
        class_names: names of the classes by index, where the data has them.
        facts: what the compiler's rules may know of it.
        has_test_images: whether the data that was named holds images to evaluate on.
        notes: what a person should know of how the data was read, a sentence each.
    """

    name: str
    train: Batches
    validation: Batches | None
    facts: DataFacts
    class_names: tuple[str, ...] | None = None
    has_test_images: bool = False
    notes: tuple[str, ...] = ()

    @property
    def names_of_features(self) -> dict[str, list[str]]:
        """The names of the features, for a manifest; nothing where they have none."""
        names = self.facts.feature_names
        return {} if names is None else {"feature_names": list(names)}

    def _table(self) -> Table:
        names = self.class_names
        values = (
            ("rows", rows_text(self.train)),
            ("held out", rows_text(self.validation) if self.validation else "none"),
            ("batches", f"{self.train.steps:,} of up to {self.train.batch_size:,} rows"),
            *([("classes", listed_names(names))] if names else []),
        )
        return Table(f"Prepared data {self.name}", values=values)

    def in_order_of(self, seed: int) -> "Prepared":
        """The same rows, to be trained on in the order of another seed; a stream has its own."""
        if isinstance(self.train, Stream):
            return self
        return replace(self, train=replace(self.train, seed=seed))

    def digest(self, *, contents: bool = False) -> str | None:
        """SHA-256 of the rows trained on and held out; None for a dataset.

        Of images that are streamed it is that of the names and sizes of their files, of some pixels
        and of the labels, and begins with `files-`. With `contents`, all pixels are read.
        """
        digest = hashlib.sha256()
        of_files = False
        for rows in (self.train, self.validation):
            if isinstance(rows, Stream):
                return None
            if rows is None:
                continue
            for array in (rows.images, rows.labels):
                digest.update(f"{array.dtype.str} {array.shape}".encode())
                if isinstance(array, StoredImages) and not contents:
                    of_files = True
                    digest.update(array.digest())
                    continue
                for some in in_parts(array):
                    digest.update(np.ascontiguousarray(some).data)
        return (_OF_FILES if of_files else "") + "sha256:" + digest.hexdigest()

    def has_digest(self, digest: str | None) -> bool:
        """Whether these are the rows of a digest that was written down before.

        It may be one of streamed images, and these may be in memory: their pixels are not compared
        then.
        """
        if digest is None or not digest.startswith(_OF_FILES):
            return self.digest(contents=True) == digest
        own = self.digest()
        return own == digest or not (own or "").startswith(_OF_FILES)
