"""The model that a script of the corpus makes, by running the script with stubs around it.

Only tests do this: bnnc never runs a script. The script stops where it trains, its data sets are
small arrays of the true shapes, and it can open no file.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
import tf_keras

from bnnc.compiler.scripts.parsing import code_of
from bnnc.compiler.text.source import Source

Arrays = tuple[npt.NDArray[Any], npt.NDArray[Any]]

ROWS = 4
_SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "mnist": ((28, 28), ()),
    "fashion_mnist": ((28, 28), ()),
    "cifar10": ((32, 32, 3), (1,)),
    "cifar100": ((32, 32, 3), (1,)),
}


class _StoppedError(BaseException):  # no Exception: AutoGraph wraps those
    def __init__(self, model: tf_keras.Model | None = None) -> None:
        super().__init__()
        self.model = model


class _Keras2(ast.NodeTransformer):
    """Keras 2 under every name that a script has for Keras: TFP's layers are built on it."""

    def visit_Import(self, node: ast.Import) -> ast.Import:
        for alias in node.names:
            alias.name, alias.asname = _keras_2(alias.name), alias.asname or alias.name
            if "." in alias.asname:
                alias.asname = None
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if node.module == "tensorflow" and [one.name for one in node.names] == ["keras"]:
            return ast.ImportFrom("_keras_2", node.names, 0)
        node.module = _keras_2(node.module or "")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        match node:
            case ast.Attribute(value=ast.Name(id="tf"), attr="keras"):
                return ast.Name("_tf_keras", ast.Load())
        self.generic_visit(node)
        return node


def _keras_2(module: str) -> str:
    for name in ("tensorflow.keras", "keras"):
        if module == name or module.startswith(f"{name}."):
            return "tf_keras" + module[len(name) :]
    return module


class _Images(np.ndarray[Any, Any]):
    """Images that may be reshaped with the number of rows that the true data set has."""

    def reshape(self, *shape: Any, **order: Any) -> Any:
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        sizes = tuple(-1 if size in (60_000, 50_000, 10_000) else size for size in sizes)
        return super().reshape(sizes, **order)


def random_data(name: str) -> tuple[Arrays, Arrays]:
    """A few random rows of the shapes of a data set of Keras."""
    image, label = _SHAPES[name]
    random = np.random.default_rng(0)

    def split() -> Arrays:
        images = random.integers(256, size=(ROWS, *image), dtype=np.uint8).view(_Images)
        return images, random.integers(10, size=(ROWS, *label), dtype=np.uint8)

    return split(), split()


Data = Callable[[str], tuple[Arrays, Arrays]]


def own_model(script: Path, data: Data = random_data, epochs: int | None = None) -> tf_keras.Model:
    """The model of a script, built.

    Args:
        script: the file.
        data: gives a data set of Keras by its name.
        epochs: train the model as the script does, for so many epochs; None for no training.
    """
    code = code_of(Source(script.name, script.read_text("utf-8")))
    tree = ast.fix_missing_locations(_Keras2().visit(code.tree))
    names: dict[str, Any] = {
        "__name__": "__main__",
        "_tf_keras": tf_keras,
        "open": lambda *_: io.StringIO(),
        "_of_ipython": list,  # lines of a notebook that are not Python
        "load": lambda _: data("mnist")[0],  # of scripts whose own data is not shown
        "print": lambda *_: None,
    }
    with _stubs(script, data, epochs):
        try:
            exec(compile(tree, script.name, "exec"), names)  # noqa: S102 - a script of the corpus
        except _StoppedError as stopped:
            if stopped.model is not None:
                return stopped.model
    models = [one for one in names.values() if isinstance(one, tf_keras.Model)]
    return models[-1]


@contextmanager
def _stubs(script: Path, data: Data, epochs: int | None) -> Iterator[None]:
    fit, enter = tf_keras.Model.fit, tf.GradientTape.__enter__

    def trained(
        model: tf_keras.Model, x: Any = None, y: Any = None, *_: Any, **__: Any
    ) -> NoReturn:
        if epochs is not None:
            fit(model, x, y, epochs=epochs, batch_size=32, verbose=0)
        elif not model.built:
            model(np.asarray(x[:2], np.float32))
        raise _StoppedError(model)

    def entered(tape: tf.GradientTape) -> Any:
        if sys._getframe(1).f_code.co_filename == script.name:  # TFP has tapes of its own
            raise _StoppedError
        return enter(tape)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["train.py"])
        patch.setitem(sys.modules, "_keras_2", type(sys)("_keras_2"))
        patch.setattr(sys.modules["_keras_2"], "keras", tf_keras, raising=False)
        patch.setattr(tf_keras.Model, "fit", trained)
        patch.setattr(tf_keras.Model, "summary", lambda *_, **__: None)
        patch.setattr(
            tf_keras.Model, "train_on_batch", lambda model, *_, **__: trained(model, [], [])
        )
        if epochs is None:
            patch.setattr(tf.GradientTape, "__enter__", entered)
        for name in _SHAPES:
            patch.setattr(
                getattr(tf_keras.datasets, name), "load_data", lambda name=name: data(name)
            )
        patch.setattr(
            tf_keras.utils,
            "image_dataset_from_directory",
            lambda *_, **__: (None, None),
            raising=False,
        )
        yield
