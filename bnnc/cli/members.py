"""`bnnc train --member`: one member of an ensemble, which any scheduler can run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.member_request import Request, look_for_spec
from bnnc.cli.notes import tell_of_data
from bnnc.cli.preflight import look_at_first_weights, look_at_folder
from bnnc.cli.specs import look_at_data
from bnnc.cli.terminal import echo
from bnnc.cli.training import Alone, ended_text, train_members
from bnnc.compiler import pipeline

if TYPE_CHECKING:
    from bnnc.runtime.runs.member_runs import Member
    from bnnc.specs import Spec


@dataclass(frozen=True)
class OneMember:
    """One member of an ensemble, trained alone.

    Attributes:
        number: counted from 0.
    """

    number: int

    def train(self, request: Request) -> int:
        """Begin the member, or continue it from where it was saved; one that has ended stays."""
        look_for_spec(request)
        with refusals():
            from bnnc.runtime.runs.member_runs import read_member

            member = read_member(request.folder, self.number)
        if request.report is not None:
            spec = request.ensemble()
            self._refuse_number(spec)
            if member is not None and member.spec.fingerprint() != spec.fingerprint():
                raise UserError(
                    f"{request.file or 'the spec'} is not the spec that {member.folder} was begun "
                    "with: train into another folder with `--run`"
                )
        if member is not None:
            return self._continue(request, member)
        if request.report is None:
            raise UserError(
                f"{request.folder} has no member {self.number} to continue: `bnnc gather "
                f"{shlex.quote(str(request.folder))}` says how to train those that are missing"
            )
        request.look_at_data(spec)
        look_at_first_weights(request.report)
        look_at_folder(request.folder)
        return self._begin(request, spec)

    def _refuse_number(self, spec: Spec) -> None:
        members = len(spec.members())
        if self.number >= members:
            raise UserError(
                f"there is no member {self.number}: the ensemble has {members}, which are members "
                f"0 to {members - 1}"
            )

    def _alone(self, request: Request) -> Alone:
        run = shlex.quote(str(request.folder))
        return Alone(
            name=f"members/{self.number}",
            again=request.command("--member", str(self.number)),
            then=f"When all members are trained, make the ensemble with:\n\n    bnnc gather {run}",
        )

    def _begin(self, request: Request, spec: Spec) -> int:
        report = request.report
        assert report is not None
        with user_errors(), ExitStack() as holding:
            from bnnc.runtime.inputs import rows_to_fit
            from bnnc.runtime.runs.member_runs import member_record
            from bnnc.runtime.runs.run_folder import start_member

            program = pipeline.compile(report, told=report.diagnostics, member=self.number)
            program.set_folder(Path(report.folder or ""), report.file_name)
            program.manifest["member"] = member_record(spec, self.number, request.arguments)
            # By the spec of the ensemble: its seed chooses the rows that are held out.
            prepared = rows_to_fit(spec, request.data, folder=program.folder)
            tell_of_data(prepared, spec)
            epochs = request.epochs or spec.training.epochs
            program.notify_data_listener(prepared, epochs)
            place = start_member(
                request.folder, self.number, spec, program, prepared, epochs, holding=holding
            )
            return train_members(
                program, prepared, place, epochs, request.loggers, self._alone(request)
            )

    def _continue(self, request: Request, member: Member) -> int:
        place = member.folder
        trained = member.manifest["trained"]
        if trained is None:
            raise UserError(f"{place} was built, not trained: train it without `--resume`")
        epochs = trained["epochs"]
        if request.epochs not in (None, epochs):
            raise UserError(
                f"{place} was begun with {epochs} epochs, as the other members were: gather them "
                f"first, then `bnnc train --resume {shlex.quote(str(request.folder))} --epochs "
                f"{request.epochs}`"
            )
        if request.data is None:
            look_at_data(trained["data"])
        with user_errors():
            from bnnc.runtime.inputs import rows_to_fit
            from bnnc.runtime.runs.loading import load
            from bnnc.runtime.runs.member_runs import split_metrics
            from bnnc.runtime.runs.run_folder import (
                batches_done,
                check_resumable,
                epochs_done,
                is_finished,
            )
            from bnnc.runtime.runs.warm_start import refuse_other_run
            from bnnc.system.writing import locked

            with locked(place):
                program = load(place)
                if request.report is not None:
                    refuse_other_run(
                        program, request.report.folder_of("training", "initialize_from", "run")
                    )
                if is_finished(program, epochs):
                    echo(f"{place} has ended ({ended_text(program, epochs)}): nothing is left")
                    return 0
                prepared = rows_to_fit(
                    member.spec,
                    request.data or trained["data"],
                    batch_size=trained["batch_size"],
                    folder=program.folder,
                )
                check_resumable(program, prepared, epochs)
                split_metrics(request.folder, member.number, len(member.spec.members()))
                done, batches = epochs_done(program), batches_done(program)
                within = f" and {batches:,} of {prepared.train.steps:,} batches" if batches else ""
                echo(f"resuming {place} after epoch {done} of {epochs}{within}", err=True)
                program.note_training(prepared, epochs)
                program.manifest.pop("diverged", None)
                return train_members(
                    program, prepared, place, epochs, request.loggers, self._alone(request)
                )


def numbers_left(run: Path, spec: Spec) -> Sequence[int]:
    """The members of a run that are not trained to their end. Imports no TensorFlow.

    Raises: ArtifactError for members that are of another ensemble.
    """
    from bnnc.runtime.runs.member_runs import read_member
    from bnnc.runtime.runs.summaries import STOPPED, TRAINED, summary_of

    left = []
    for number in range(len(spec.members())):
        member = read_member(run, number)
        if member is None or summary_of(member.folder).state not in (TRAINED, STOPPED):
            left.append(number)
    return left
