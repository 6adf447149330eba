"""One server process for all tests of a module, which reads and checks without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lsp.client import Client


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    one = Client()
    yield one
    assert one.process.returncode is None  # whatever it was sent
    assert one.stop() == 0
