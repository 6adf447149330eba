"""What a report shows of a run: everything of one evaluation, one diagnosis and one training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.diagnosis import Diagnosis, doctor
from bnnc.runtime.evaluation.posterior import LayerPosterior, layer_posteriors
from bnnc.runtime.figures.plots import warmup_epochs
from bnnc.runtime.metrics_file import read_metrics

if TYPE_CHECKING:
    from bnnc.runtime.evaluation.result import Evaluation, Predictions
    from bnnc.runtime.program import Program


@dataclass(frozen=True, eq=False)
class TrainingResults:
    """A trained run, and what its training left.

    Attributes:
        name: what it is called on the page: its folder.
        program: the trained program.
        history: the metrics of each epoch.
        posteriors: of each layer with a normal posterior.
    """

    name: str
    program: Program
    history: Sequence[dict[str, Any]]
    posteriors: tuple[LayerPosterior, ...]

    @property
    def warmup_epochs(self) -> float:
        """Epochs over which the weight of the KL rises."""
        return warmup_epochs(self.program)


@dataclass(frozen=True, eq=False)
class RunResults(TrainingResults):
    """A trained run, and what was measured of it.

    Attributes:
        evaluation: with the predictions of all images.
        draws: weight draws of the prediction, of all members together.
        diagnosis: what `bnnc doctor` finds.
        data: source of the evaluation; None for that of the training.
    """

    evaluation: Evaluation
    draws: int
    diagnosis: Diagnosis
    data: str | None = None

    @property
    def predictions(self) -> Predictions:
        """What was predicted, image by image."""
        assert self.evaluation.predictions is not None
        return self.evaluation.predictions

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes, where the data trained on has them."""
        names = (self.program.manifest["trained"] or {}).get("class_names")
        return tuple(names) if names else None


def of_training(folder: Path, program: Program) -> TrainingResults:
    """What the training of a run left. Raises: RunError for metrics that cannot be read."""
    return TrainingResults(
        name=str(folder),
        program=program,
        history=read_metrics(folder, *(model.epochs_done for model in program.models)),
        posteriors=layer_posteriors(program.models),
    )


def measured(
    folder: Path,
    program: Program,
    *,
    data: str | None = None,
    samples: int | None = None,
    ood: Sequence[str] | None = None,
    shift: bool | None = None,
) -> RunResults:
    """Evaluate and diagnose a run: one prediction of the test images serves the whole report.

    Args:
        folder: of the run.
        program: loaded from it.
        data, samples, ood, shift: as of `Program.evaluate`.

    Raises: as `Program.evaluate`; RunError for metrics that cannot be read.
    """
    trained = of_training(folder, program)
    evaluation = program.evaluate(
        data, samples=samples, ood=ood, shift=shift, keep_predictions=True
    )
    return RunResults(
        name=trained.name,
        program=program,
        history=trained.history,
        posteriors=trained.posteriors,
        evaluation=evaluation,
        draws=program.draws(samples),
        diagnosis=doctor(program, history=trained.history),
        data=data,
    )
