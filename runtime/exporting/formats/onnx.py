"""ONNX: one file for onnxruntime and many others, converted by tf2onnx."""

import importlib.util
from pathlib import Path
from typing import Any, Final

from bnnc.errors import ExportError
from bnnc.runtime.exporting.formats.format import Format, format_of_files, quiet
from bnnc.runtime.exporting.opening import ONNX_FILE, Run, open_onnx
from bnnc.runtime.exporting.preflight import Precision

# The version of ONNX's operations: onnxruntime 1.13 and later run it.
_OPSET: Final = 17
_KEY: Final = "bnnc"


@format_of_files("onnx")
class Onnx(Format):
    """`model.onnx`; the description is its metadata `bnnc`."""

    title = "ONNX"
    files = frozenset({ONNX_FILE})

    @property
    def runtime(self) -> str:
        """The version of onnxruntime."""
        import onnxruntime

        return f"onnxruntime {onnxruntime.__version__}"

    def write(
        self, folder: Path, predict: Any, description: str, precision: Precision, layers: set[str]
    ) -> None:
        """Convert the function, and write the file."""
        del precision
        import onnx
        import tf2onnx

        # What it says of operations that it does not have is found in the model.
        with quiet("tf2onnx", "tf2onnx.tfonnx", "tf2onnx.tf_loader"):
            try:
                model, _ = tf2onnx.convert.from_function(
                    predict, input_signature=predict.input_signature, opset=_OPSET
                )
            except Exception as error:  # whatever a converter meets in a graph
                raise ExportError(
                    f"tf2onnx cannot convert this model: {error}. Export it with `--format "
                    "saved-model`"
                ) from error
        for node in model.graph.node:
            if node.domain == "" and not onnx.defs.has(node.op_type):
                raise self.refused(node.op_type, node.name, layers)
        onnx.helper.set_model_props(model, {_KEY: description})
        model.producer_name = "bnnc"
        (folder / ONNX_FILE).write_bytes(model.SerializeToString())

    def open(self, folder: Path) -> Run | None:
        """The file in onnxruntime."""
        if importlib.util.find_spec("onnxruntime") is None:
            return None
        return open_onnx(folder)
