"""bnnc runs on TensorFlow, whatever Keras is told elsewhere."""

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bnnc.errors import BackendError
from bnnc.runtime.backend import BackendWarning, use_tensorflow


def keras_on(backend: str) -> Any:
    return SimpleNamespace(config=SimpleNamespace(backend=lambda: backend))


def test_keras_on_another_backend_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keras", keras_on("jax"))
    with pytest.raises(BackendError, match=r"backend 'jax'.*`KERAS_BACKEND=tensorflow` before"):
        use_tensorflow()
    monkeypatch.setitem(sys.modules, "keras", keras_on("tensorflow"))
    use_tensorflow()


def test_before_keras_is_imported_tensorflow_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.warns(BackendWarning, match="KERAS_BACKEND is 'torch'"):
        use_tensorflow()
    monkeypatch.delenv("KERAS_BACKEND")  # keras.json may have another one
    use_tensorflow()

    assert os.environ["KERAS_BACKEND"] == "tensorflow"
