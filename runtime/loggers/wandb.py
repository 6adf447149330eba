"""Weights & Biases: the project and the mode that its environment variables name."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bnnc.runtime.loggers.logger import TITLES, Logger, Status, errors_of, identity_of

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from bnnc.runtime.program import Program


class WandbLogger(Logger):
    """One run of W&B, with the id of the run folder; each member of an ensemble is one of a group.

    `WANDB_PROJECT`, `WANDB_MODE` and the others say where, as for every use of W&B.
    """

    title = TITLES["wandb"]

    def __init__(self, folder: Path, program: Program, text: str) -> None:
        self._identity = identity_of(program)
        self._folder, self._program = folder, program
        self._run = self._begun(self._identity, folder.name)
        self.place = self._run.dir if self._run.offline else self._run.url

    def _begun(self, identity: str, name: str) -> Any:
        """The run with an id, begun or resumed; the run before it is ended."""
        with errors_of(self.title):
            import wandb

            return wandb.init(
                project=os.environ.get("WANDB_PROJECT") or self._program.spec.name,
                id=identity,
                resume="allow",
                name=name,
                group=self._identity if len(self._program.members) > 1 else None,
                config=self._program.spec.canonical(),
                reinit="finish_previous",
                settings=wandb.Settings(silent=True, console="off"),
            )

    @contextmanager
    def member(self, number: int) -> Iterator[keras.callbacks.Callback]:
        """W&B's callback: metrics and learning rate of each epoch, under `epoch/`."""
        from wandb.integration.keras import WandbMetricsLogger

        if len(self._program.members) > 1:
            self._run = self._begun(
                f"{self._identity}-{number}", f"{self._folder.name}/member-{number + 1}"
            )
        yield WandbMetricsLogger()
        if len(self._program.members) > 1:
            self._run = self._begun(self._identity, self._folder.name)

    def values(self, values: Mapping[str, float]) -> None:
        """Write figures into the summary, under `test/`."""
        with errors_of(self.title):
            self._run.summary.update({f"test/{name}": value for name, value in values.items()})

    def image(self, name: str, png: bytes) -> None:
        """Log an image."""
        with errors_of(self.title):
            import wandb
            from PIL import Image

            self._run.log({name: wandb.Image(Image.open(io.BytesIO(png)))})

    def close(self, status: Status) -> None:
        """Wait for what is being sent, and end the run."""
        self._run.finish(exit_code=0 if status == "finished" else 1)
