"""SavedModel: a folder that TensorFlow and TensorFlow Serving load."""

from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from bnnc.runtime.exporting.formats.format import Format, format_of_files
from bnnc.runtime.exporting.opening import Run, open_saved_model
from bnnc.runtime.exporting.preflight import Precision

# A prediction has no gradient.
OPTIONS: Final = tf.saved_model.SaveOptions(experimental_custom_gradients=False)


@format_of_files("saved-model")
class SavedModel(Format):
    """The signature `predict`, which is `serving_default` too, and `description`, a JSON text."""

    title = "A SavedModel"
    files = frozenset({"saved_model.pb", "fingerprint.pb", "variables", "assets"})

    @property
    def runtime(self) -> str:
        """The version of TensorFlow."""
        return f"TensorFlow {tf.__version__}"

    def write(
        self, folder: Path, predict: Any, description: str, precision: Precision, layers: set[str]
    ) -> None:
        """Write the folder."""
        del precision, layers
        save(folder, {"predict": predict}, description)

    def open(self, folder: Path) -> Run:
        """The signature `predict`."""
        return open_saved_model(folder)


def save(folder: Path, signatures: dict[str, Any], description: str) -> None:
    """Write a SavedModel of constants, `predict` being its `serving_default` too."""
    module = tf.Module()
    module.signatures_of_bnnc = dict(signatures)
    tf.saved_model.save(
        module,
        str(folder),
        signatures={
            **signatures,
            "serving_default": signatures["predict"],
            "description": described(description),
        },
        options=OPTIONS,
    )


def described(description: str) -> Any:
    """A function without arguments that gives the description."""

    @tf.function(input_signature=[], autograph=False)
    def function() -> dict[str, tf.Tensor]:
        return {"json": tf.constant(description)}

    return function
