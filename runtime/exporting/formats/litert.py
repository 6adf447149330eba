"""LiteRT, formerly TensorFlow Lite: one file for phones and small devices."""

import contextlib
import importlib.util
import io
import re
import tempfile
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ExportError
from bnnc.runtime.exporting.formats.format import Arrays, Format, format_of_files
from bnnc.runtime.exporting.formats.saved_model import save
from bnnc.runtime.exporting.preflight import Precision

_FILE: Final = "model.tflite"
_DESCRIPTION: Final = "description.json"
_LIBRARY: Final = "ai-edge-litert"


@format_of_files("litert")
class LiteRT(Format):
    """`model.tflite`, with the signature `predict`.

    The description is packed into the file as TensorFlow Lite's metadata packs other files: a file
    of LiteRT may end with a zip archive.
    """

    title = "LiteRT"
    files = frozenset({_FILE})

    @property
    def runtime(self) -> str:
        """The version of the interpreter."""
        return f"LiteRT {metadata.version(_LIBRARY)}"

    def write(
        self, folder: Path, predict: Any, description: str, precision: Precision, layers: set[str]
    ) -> None:
        """Convert the function, and write the file."""
        with tempfile.TemporaryDirectory() as place:
            save(Path(place), {"predict": predict}, description)
            converter = tf.lite.TFLiteConverter.from_saved_model(place, signature_keys=["predict"])
            if precision != "float32":
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            if precision == "float16":
                converter.target_spec.supported_types = [tf.float16]
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    model = converter.convert()
            except Exception as error:  # whatever a converter meets in a graph
                raise self._cannot(str(error), layers) from error
        file = folder / _FILE
        file.write_bytes(model)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(_DESCRIPTION, description)

    def _cannot(self, message: str, layers: set[str]) -> ExportError:
        found = re.search(r"'?tf\.(\w+)'? op.*?(?:loc|\Z)", message, re.DOTALL)
        if found is not None:
            return self.refused(found[1], message, layers)
        first = message.strip().splitlines()[0] if message.strip() else "no reason given"
        return ExportError(
            f"TensorFlow cannot convert this model to LiteRT: {first}. Export it with `--format "
            "saved-model`"
        )

    def open(self, folder: Path) -> Callable[[npt.NDArray[Any]], Arrays] | None:
        """The file in LiteRT's interpreter."""
        if importlib.util.find_spec("ai_edge_litert") is None:
            return None
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=str(folder / _FILE))
        runner = interpreter.get_signature_runner("predict")
        [name] = runner.get_input_details()

        def run(images: npt.NDArray[Any]) -> Arrays:
            assert interpreter is not None  # it goes with its runner
            made: Arrays = runner(**{name: np.asarray(images, np.float32)})
            return made

        return run
