"""What the tests of the reader share: reading a text, and both of PyYAML's scanners."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading import reader
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping

Read = Callable[[str], tuple[Mapping | None, tuple[Diagnostic, ...]]]


@pytest.fixture(params=["libyaml", "python"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Read:
    """`read` of a text, once with libyaml and once with PyYAML's own scanner."""
    loader = yaml.CBaseLoader if request.param == "libyaml" else yaml.BaseLoader
    monkeypatch.setattr(reader, "EVENT_LOADER", loader)
    return lambda text: reader.read(Source("spec.yaml", text))
