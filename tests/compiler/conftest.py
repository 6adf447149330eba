"""What the compiler's tests share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _objects_of_other_tests_are_left_alone() -> Iterator[None]:
    """Python's collector looks at none of the objects that are there already.

    A check makes thousands of objects. In a process that has held models before, each collection
    would go through millions of theirs.
    """
    gc.freeze()
    yield
    gc.unfreeze()
