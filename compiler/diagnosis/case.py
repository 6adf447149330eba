"""A trained run as symptoms see it: the spec with its places, and the measurements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.diagnostic import Fix
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Path
from bnnc.runtime.diagnosis.evidence import (
    FASTER,
    SLOWER,
    WITHOUT_KL,
    Evidence,
    Kernel,
    LayerEvidence,
    Scores,
)
from bnnc.specs.placement import Placed

# A training NLL above this share of that of guessing is poor: `runtime/diagnosis/measure.py` makes
# trials from the same share on.
POOR = 0.3
# A trial explains a poor training if it ends with less than this share of the NLL of the other.
BETTER = 0.8
# And it learns something: it ends with less than this share of the NLL of guessing.
LEARNS = 0.95
# Held-out images are of another kind from here on: difference of their mean or their contrast, in
# standard deviations over images.
LARGEST_SHIFT = 0.5
# Standard errors beyond which a share is not by chance.
SURE = 5.0

# Where a finding is shown about a section that is not written.
_ABOUT = {
    "loss": ("bayesian", "layers"),
    "bayesian": ("layers",),
    "prediction": ("bayesian", "layers"),
    "training": ("data", "layers"),
    "data": ("training", "layers"),
}


@dataclass(frozen=True)
class Case:
    """A trained run.

    Attributes:
        view: the spec, with a span for each part.
        evidence: the measurements of the run.
    """

    view: View
    evidence: Evidence

    @property
    def train(self) -> Scores | None:
        """Predictions for rows that were trained on."""
        return self.evidence.train

    @property
    def held_out(self) -> Scores | None:
        """Predictions for rows that were not trained on."""
        return self.evidence.held_out

    @cached_property
    def is_poor(self) -> bool:
        """Whether a single draw does not predict the rows that it was trained on."""
        train = self.train
        if train is None or train.chance_nll is None:
            return False
        return not train.nll_of_one_draw < POOR * train.chance_nll

    @cached_property
    def is_at_chance(self) -> bool:
        """Whether the training rows are predicted no better than by the frequencies of labels."""
        train = self.train
        if train is None or train.chance_nll is None:
            return False
        return not train.nll < 0.97 * train.chance_nll

    def trial(self, change: str = "") -> float | None:
        """The NLL after a short training with one thing changed; None if it was not made."""
        return next((one.nll for one in self.evidence.trials if one.change == change), None)

    def helps(self, change: str, at_most: float = BETTER) -> bool:
        """Whether a short training goes better with one thing changed."""
        changed, same, train = self.trial(change), self.trial(), self.train
        if changed is None or same is None:
            return False
        if train is not None and train.chance_nll and changed > LEARNS * train.chance_nll:
            return False
        return changed < at_most * same

    @property
    def steps(self) -> int:
        """Training steps of the run, as far as it went."""
        return len(self.evidence.history) * self.evidence.steps_per_epoch

    @property
    def kernels(self) -> Iterator[tuple[LayerEvidence, Kernel]]:
        """The layers with a kernel, inputs first."""
        for layer in self.evidence.layers:
            if layer.kernel is not None:
                yield layer, layer.kernel

    @property
    def posteriors(self) -> Iterator[tuple[LayerEvidence, Kernel]]:
        """The layers whose kernel has a normal posterior."""
        return ((layer, kernel) for layer, kernel in self.kernels if kernel.scale is not None)

    def placed(self, layer: LayerEvidence) -> Placed:
        """The layer of the spec."""
        return self.view.layers[layer.index]

    def span(self, layer: LayerEvidence) -> Span:
        """The place of a layer in the spec."""
        return self.view.span_of(*self.placed(layer).path)

    def place(self, *path: str | int) -> Span:
        """The place of a value, or of what is written of the sections that it is about."""
        sections = (path, *((one,) for one in _ABOUT.get(str(path[0]), ())))
        written = next((one for one in sections if self.view.is_explicit(one[0])), path)
        return self.view.span_of(*written)

    def series(self, name: str) -> tuple[float, ...]:
        """A metric of every epoch; empty if the run does not have it."""
        history = self.evidence.history
        return tuple(one[name] for one in history) if history and name in history[0] else ()

    @property
    def rate_path(self) -> Path:
        """Where the learning rate is written."""
        path: Path = ("training", "optimizer", "learning_rate")
        rate = self.view.training.optimizer.learning_rate
        if isinstance(rate, float | int):
            return path
        return (
            *path,
            "warmup_target" if getattr(rate, "warmup_target", None) else "initial_learning_rate",
        )

    def fix_of_rate(self, rate: float) -> tuple[Fix, ...]:
        """The fix that writes another learning rate, where it is one number."""
        if len(self.rate_path) > 3:
            return ()
        text = f"{rate:.2g}"
        return (self.view.fix_set(f"write `learning_rate: {text}`", (self.rate_path, text)),)

    def class_name(self, index: int) -> str:
        """A class in words."""
        data = self.view.data
        names = None if data is None else data.classes
        return f"class {index}" if names is None else f"class {names[index]!r}"


__all__ = ["BETTER", "FASTER", "LARGEST_SHIFT", "POOR", "SLOWER", "SURE", "WITHOUT_KL", "Case"]
