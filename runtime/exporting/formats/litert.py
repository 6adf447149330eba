"""LiteRT, formerly TensorFlow Lite: one file for phones and small devices."""

import contextlib
import importlib.util
import io
import re
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from bnnc.errors import ExportError
from bnnc.runtime.exporting.formats.format import Format, format_of_files
from bnnc.runtime.exporting.formats.saved_model import save
from bnnc.runtime.exporting.opening import LITERT_FILE, Run, open_litert
from bnnc.runtime.exporting.preflight import Precision

_DESCRIPTION: Final = "description.json"
_LIBRARY: Final = "ai-edge-litert"


@format_of_files("litert")
class LiteRT(Format):
    """`model.tflite`, with the signature `predict`.

    The description is packed into the file as TensorFlow Lite's metadata packs other files: a file
    of LiteRT may end with a zip archive.
    """

    title = "LiteRT"
    files = frozenset({LITERT_FILE})

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
        file = folder / LITERT_FILE
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

    def open(self, folder: Path) -> Run | None:
        """The file in LiteRT's interpreter."""
        if importlib.util.find_spec("ai_edge_litert") is None:
            return None
        return open_litert(folder)
