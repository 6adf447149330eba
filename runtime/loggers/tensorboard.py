"""TensorBoard: event files in the folder `tensorboard` of the run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from bnnc.runtime.loggers.logger import TITLES, Logger, Status, errors_of

if TYPE_CHECKING:
    from pathlib import Path

    from bnnc.runtime.program import Program

FOLDER = "tensorboard"


class TensorBoardLogger(Logger):
    """Writes beside the model: metrics in `train` and `validation`, figures and the spec in `run`."""

    title = TITLES["tensorboard"]

    def __init__(self, folder: Path, program: Program, text: str) -> None:
        self._folder = folder / FOLDER
        self._members = len(program.members)
        self._epochs = max(model.epochs_done for model in program.models)
        self.place = f"tensorboard --logdir {shlex.quote(str(self._folder))}"
        with errors_of(self.title):
            self._writer = tf.summary.create_file_writer(str(self._folder / "run"))
            with self._writer.as_default():
                tf.summary.text("spec", f"```yaml\n{text}\n```", step=0)

    @contextmanager
    def member(self, number: int) -> Iterator[keras.callbacks.Callback]:
        """Keras's callback; of an ensemble each member has a folder `member-1`, `member-2`, ..."""
        name = "" if self._members == 1 else f"member-{number + 1}"
        yield keras.callbacks.TensorBoard(str(self._folder / name), write_graph=False)

    def values(self, values: Mapping[str, float]) -> None:
        """Log scalars under `test/`, at the last epoch."""
        with errors_of(self.title), self._writer.as_default():
            for name, value in values.items():
                tf.summary.scalar(f"test/{name}", value, step=self._epochs)

    def image(self, name: str, png: bytes) -> None:
        """Log an image, at the last epoch."""
        with errors_of(self.title), self._writer.as_default():
            pixels = tf.io.decode_png(png, channels=3)
            tf.summary.image(name, pixels[tf.newaxis], step=self._epochs)

    def close(self, status: Status) -> None:
        """Close the event file."""
        self._writer.close()
