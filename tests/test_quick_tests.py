"""`pytest -m quick` runs the tests that need no TensorFlow; these are the last of them."""

from __future__ import annotations

import importlib
import sys

import pytest

from tests.conftest import TENSORFLOW


def test_no_quick_test_has_imported_tensorflow() -> None:
    assert not TENSORFLOW & set(sys.modules)


@pytest.mark.parametrize("name", sorted(TENSORFLOW))
def test_a_quick_test_that_imports_it_fails(name: str) -> None:
    with pytest.raises(RuntimeError, match=r"name its file in tests/conftest\.py"):
        importlib.import_module(name)
