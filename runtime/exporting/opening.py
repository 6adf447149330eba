"""Open an export in the format's own runtime; ONNX and LiteRT without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
Run = Callable[[npt.NDArray[Any]], Arrays]
"""Images or rows [rows, ...] to named arrays [rows, ...]."""

ONNX_FILE: Final = "model.onnx"
LITERT_FILE: Final = "model.tflite"


def open_onnx(folder: Path) -> Run:
    """The file in onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Otherwise its threads keep all cores busy while they wait for the next call.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        str(folder / ONNX_FILE), options, providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_outputs()]
    [given] = session.get_inputs()

    def run(images: npt.NDArray[Any]) -> Arrays:
        made = session.run(names, {given.name: np.asarray(images, np.float32)})
        return dict(zip(names, made, strict=True))

    return run


def open_litert(folder: Path) -> Run:
    """The file in LiteRT's interpreter, of one thread at a time."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(folder / LITERT_FILE))
    runner = interpreter.get_signature_runner("predict")
    [name] = runner.get_input_details()

    def run(images: npt.NDArray[Any]) -> Arrays:
        assert interpreter is not None  # it goes with its runner
        made: Arrays = runner(**{name: np.asarray(images, np.float32)})
        return made

    return run


def open_saved_model(folder: Path) -> Run:
    """The signature `predict`, in TensorFlow."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures["predict"]
    [name] = signature.structured_input_signature[1]

    def run(images: npt.NDArray[Any]) -> Arrays:
        # The loaded object goes with the signature: its variables live as long as it does.
        assert loaded is not None
        made = signature(**{name: tf.constant(images, tf.float32)})
        return {name: one.numpy() for name, one in made.items()}

    return run


OPENERS: Final[Mapping[str, Callable[[Path], Run]]] = {
    "saved-model": open_saved_model,
    "onnx": open_onnx,
    "litert": open_litert,
}
RUNTIMES: Final[Mapping[str, str]] = {
    "saved-model": "tensorflow",
    "onnx": "onnxruntime",
    "litert": "ai_edge_litert",
}
"""The library that each format is opened with, as it is imported."""
