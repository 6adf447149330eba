"""Choose TensorFlow as the backend of Keras, before Keras is imported."""

import os
import sys
import warnings

from bnnc.errors import BackendError, refuse_missing_runtime

_VARIABLE = "KERAS_BACKEND"
_TENSORFLOW = "tensorflow"


class BackendWarning(UserWarning):
    """Keras runs on another backend than was asked for."""


def use_tensorflow() -> None:
    """Let Keras run on TensorFlow in this process, whatever `KERAS_BACKEND` or keras.json say.

    Raises:
        MissingExtraError: TensorFlow or a library beside it is not installed.
        BackendError: Keras has been imported with another backend.
    """
    refuse_missing_runtime("Building a model")
    keras = sys.modules.get("keras")
    if keras is not None:
        backend = keras.config.backend()
        if backend != _TENSORFLOW:
            raise BackendError(
                f"bnnc runs on Keras's TensorFlow backend. Received: backend {backend!r}. Set "
                f"`{_VARIABLE}={_TENSORFLOW}` before Keras is imported, or import bnnc.runtime first"
            )
        return
    asked = os.environ.get(_VARIABLE) or _TENSORFLOW
    if asked != _TENSORFLOW:
        warnings.warn(
            f"{_VARIABLE} is {asked!r}. bnnc runs on TensorFlow, and so does Keras in this process",
            BackendWarning,
            stacklevel=2,
        )
    os.environ[_VARIABLE] = _TENSORFLOW
