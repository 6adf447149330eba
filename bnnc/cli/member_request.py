"""What a command says of the training of an ensemble whose members are trained by themselves."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnnc.cli.exit_codes import UserError, refusals
from bnnc.cli.specs import look_at_data
from bnnc.compiler.text.source import Source

if TYPE_CHECKING:
    from bnnc.compiler.report import Report
    from bnnc.runtime.loggers import LoggerName
    from bnnc.specs import Spec


@dataclass(frozen=True)
class Request:
    """What a command says of a training.

    Attributes:
        file: the file of the spec; None where a run alone is named.
        report: the report on it, with no errors.
        data: the data, where it is not the spec's.
        run: the folder of the run, where it was named.
        epochs: epochs of the training, where they are not the spec's.
        loggers: names of experiment loggers.
        settings: what `--set` says.
    """

    file: str | None
    report: Report | None
    data: str | None
    run: Path | None
    epochs: int | None
    loggers: Sequence[LoggerName]
    settings: Sequence[Source]

    @property
    def folder(self) -> Path:
        """The folder of the run: runs/NAME if none was named, the same for every member."""
        if self.run is not None:
            return self.run
        assert self.report is not None
        return Path("runs") / self.report.accepted().name

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line after `bnnc`, without the run and the member."""
        if self.file is None:
            said = ["train", "--resume"]
        else:
            said = ["train", self.file if self.file == "-" else os.path.abspath(self.file)]
        if self.data is not None:
            is_path = Path(self.data).exists()
            said += ["--data", os.path.abspath(self.data) if is_path else self.data]
        if self.epochs is not None and self.file is not None:
            said += ["--epochs", str(self.epochs)]
        for one in self.settings:
            said += ["--set", one.text]
        for name in self.loggers:
            said += ["--log", name]
        return tuple(said)

    def command(self, *more: str) -> str:
        """A command line of this training, as it is typed."""
        arguments, run = list(self.arguments), str(self.folder)
        if self.file is None:
            return shlex.join(["bnnc", *arguments[:2], run, *arguments[2:], *more])
        return shlex.join(["bnnc", *arguments, "--run", run, *more])

    def ensemble(self) -> Spec:
        """The spec of the ensemble, if the command names one. Raises: UserError for another spec."""
        assert self.report is not None
        spec = self.report.accepted()
        if len(spec.members()) == 1:
            raise UserError(
                f"{self.file or spec.name} has no ensemble, so it has no members to train one by "
                "one: write `ensemble: {members: 5}`, or say `--set ensemble.members=5`"
            )
        return spec

    def look_at_data(self, spec: Spec) -> None:
        """Refuse data that is not there, before TensorFlow is imported. Raises: UserError."""
        if self.data is not None:
            return  # `bnnc train` has looked
        if spec.data is None:
            raise UserError(
                "the spec names no data: give `--data SOURCE`, or write `data: {source: ...}` into "
                "the spec"
            )
        assert self.report is not None
        look_at_data(spec.data.source, self.report.folder)


def look_for_spec(request: Request) -> None:
    """Refuse a folder that `bnnc build` wrote, and a run that is not there. Raises: UserError."""
    if request.file is not None and request.report is None:
        raise UserError(
            f"{request.file} is a folder: members are trained from a spec file, as in `bnnc train "
            "SPEC --member 0`, or within a run that was begun, `bnnc train --resume RUN --member 0`"
        )
    if request.report is None:
        with refusals():
            from bnnc.runtime.artifacts import read_manifest

            read_manifest(request.folder)
