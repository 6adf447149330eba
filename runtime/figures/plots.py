"""The figures of a program: `program.plot`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.runtime.evaluation.posterior import layer_posteriors
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.figures import of_classes, of_numbers, of_other_images, of_training
from bnnc.runtime.metrics_file import read_metrics

if TYPE_CHECKING:
    from bnnc.runtime.predicting import Predicts


class Plots:
    """Figures of a program, each drawn on matplotlib axes, which are returned.

    They need `pip install 'bnnc[report]'`. Each takes an evaluation that `program.evaluate` gave;
    without one, the program is evaluated on its own test images.
    """

    def __init__(self, program: Predicts) -> None:
        self._program = program

    def reliability(self, evaluation: Evaluation | None = None, *, ax: Any = None) -> Any:
        """Accuracy over confidence, with the share of the images in each of 15 bins.

        Args:
            evaluation: of a model of classes.
            ax: matplotlib axes to draw on; new ones if None.

        All figures refuse an evaluation of another kind with an ArgumentError.
        """
        return of_classes.reliability(self._evaluated(evaluation), ax)

    def risk_coverage(self, evaluation: Evaluation | None = None, *, ax: Any = None) -> Any:
        """Share of errors among the most confident images, over the share that is answered."""
        return of_classes.risk_coverage(self._evaluated(evaluation), ax)

    def confusion(self, evaluation: Evaluation | None = None, *, ax: Any = None) -> Any:
        """Counts of images by their class (row) and the predicted class (column)."""
        return of_classes.confusion(self._evaluated(evaluation), ax)

    def ood(
        self,
        evaluation: Evaluation,
        *,
        source: str | None = None,
        score: str | None = None,
        ax: Any = None,
    ) -> Any:
        """Histograms of a score, of the test images and of images of another data set.

        Args:
            evaluation: made with `ood=...`.
            source: name of the other data; the first if None.
            score: name of the score; the one with the highest AUROC if None.
            ax: matplotlib axes to draw on; new ones if None.
        """
        return of_other_images.ood(evaluation, ax, source=source, score=score)

    def shift(self, evaluation: Evaluation, *, figure: str | None = None, ax: Any = None) -> Any:
        """A figure of corrupted images over the severity of the corruption.

        Args:
            evaluation: made with `shift=...`.
            figure: `accuracy`, `nll` or `ece`, of numbers `rmse`, `nll` or `coverage_90`; the first
                if None.
            ax: matplotlib axes to draw on; new ones if None.
        """
        return of_other_images.shift(evaluation, ax, figure=figure)

    def training(self, history: Any, *, metric: str = "nll", ax: Any = None) -> Any:
        """A metric of every epoch, with the KL warm-up marked.

        Args:
            history: the folder of the run, the `History` that `fit` returned, or the metrics of
                each epoch.
            metric: its name, as `nll`; that of the validation rows is drawn too.
            ax: matplotlib axes to draw on; new ones if None.
        """
        return of_training.training(
            self._epochs_of(history),
            ax,
            metric=metric,
            warmup_epochs=warmup_epochs(self._program),
        )

    def posterior(self, *, quantity: str = "signal_to_noise", ax: Any = None) -> Any:
        """A quantity of the posterior of each layer's kernel.

        Args:
            quantity: `signal_to_noise`, `kl` or `scale`.
            ax: matplotlib axes to draw on; new ones if None.
        """
        return of_training.posterior(layer_posteriors(self._program.models), ax, quantity=quantity)

    def predicted_against_true(
        self, evaluation: Evaluation | None = None, *, share: float = 0.9, ax: Any = None
    ) -> Any:
        """Predicted mean and central interval over the label, of at most 200 images.

        Args:
            evaluation: of a model of numbers, made with `keep_predictions=True`.
            share: of the mass inside the interval: 0.5, 0.9 or 0.95.
            ax: matplotlib axes to draw on; new ones if None.
        """
        return of_numbers.predicted_against_true(self._evaluated(evaluation), ax, share=share)

    def pit(self, evaluation: Evaluation | None = None, *, ax: Any = None) -> Any:
        """Histogram of the predicted distribution function at the label."""
        return of_numbers.pit(self._evaluated(evaluation), ax)

    def _evaluated(self, evaluation: Evaluation | None) -> Evaluation:
        if evaluation is not None:
            return evaluation
        return self._program.evaluate(ood=(), shift=False, keep_predictions=True)

    def _epochs_of(self, history: Any) -> Sequence[dict[str, Any]]:
        if isinstance(history, str | PathLike):
            done = (model.epochs_done for model in self._program.models)
            return read_metrics(Path(history), *done)
        columns = getattr(history, "history", history)
        if not isinstance(columns, dict):
            return list(columns)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        seen: Counter[int] = Counter()
        epochs = []
        for one in rows:
            seen[one.get("member", 0)] += 1
            epochs.append({"epoch": seen[one.get("member", 0)], **one})
        return epochs


def warmup_epochs(program: Predicts) -> float:
    """Epochs of the first rise of the KL weight; 0 of a program without a KL."""
    spec = program.spec
    return float(spec.loss.kl.warmup_epochs) if spec.has_kl else 0.0
