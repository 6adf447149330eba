"""A trained run as symptoms see it: the spec with its places, and the measurements."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bnnc.compiler.analysis.budget import is_one_rate, rate_path, usual_rate
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

# A trial explains a poor training if it ends with less than this share of the NLL of the other.
BETTER = 0.8
# Held-out images are of another kind from here on: difference of their mean or their contrast, in
# standard deviations over images.
LARGEST_SHIFT = 0.5
# Gradients explode from here on: norm before training, as a multiple of that of the kernel.
LARGEST_GRADIENT = 10.0
# A training is over if the last quarter of its epochs leaves more than this share of its NLL.
LARGEST_LEFT = 0.9
# Fewer held-out rows tell nothing about classes and probabilities.
LEAST_HELD_OUT = 50
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
        """Predictions for rows that were not trained on; None for a few rows, which tell nothing."""
        found = self.evidence.held_out
        return None if found is None or found.rows < LEAST_HELD_OUT else found

    @property
    def is_poor(self) -> bool:
        """Whether a single draw hardly predicts the rows that it was trained on."""
        if self.train is None:
            return self.evidence.diverged is not None
        return self.train.is_poor

    @property
    def is_at_chance(self) -> bool:
        """Whether the rows trained on are predicted no better than by guessing."""
        return self.train is not None and self.train.is_at_chance

    def trial(self, change: str = "") -> float | None:
        """The NLL after a short training with one thing changed; None if it was not made.

        It is infinite if the loss was not finite.
        """
        made = (one.nll for one in self.evidence.trials if one.change == change)
        return next((math.inf if nll is None else nll for nll in made), None)

    def helps(self, change: str, at_most: float = BETTER) -> bool:
        """Whether a short training goes better with one thing changed."""
        changed, same = self.trial(change), self.trial()
        if changed is None or same is None:
            return False
        return self.is_better(changed, same, at_most)

    def is_better(self, nll: float, than: float, at_most: float = BETTER) -> bool:
        """Whether an NLL is below a share of another; of numbers, whether it is lower by that much.

        The NLL of a density has no zero: a share of 0.8 stands for 0.2 nats.
        """
        if self.train is not None and self.train.is_of_numbers:
            return nll < than - (1 - at_most)
        return nll < at_most * than

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

    @cached_property
    def exploding(self) -> tuple[LayerEvidence, float] | None:
        """The layer of a poor model whose kernel gets the largest gradient, if that explodes.

        The gradient is that before training, as a multiple of the kernel's norm.
        """
        measured = [
            (layer, kernel.gradient_at_start)
            for layer, kernel in self.kernels
            if kernel.gradient_at_start is not None
            # What comes from the noise of weights is BNN813's.
            and (kernel.scale_at_start or 0.0) < (kernel.rms_at_start or math.inf)
        ]
        largest = max(measured, key=lambda one: one[1], default=None)
        if not self.is_poor or largest is None or largest[1] < LARGEST_GRADIENT:
            return None
        return largest

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

    @cached_property
    def left_by_twice_the_epochs(self) -> float:
        """The share of its NLL that training rows keep if trained twice as long; 1 where it is over.

        The NLL is followed as a power of the number of epochs, over the last quarter of them and
        over the last half; the one that promises less counts. Of a fall by less than a tenth in
        that quarter nothing is concluded.
        """
        losses = self.series("nll")
        epochs = len(losses)
        is_over = self.evidence.stopped_early or self.evidence.is_interrupted
        if epochs < 4 or is_over or not losses[-1] > 0:
            return 1.0
        if losses[-1] >= LARGEST_LEFT * losses[-1 - epochs // 4]:
            return 1.0
        left = [
            (losses[-1] / losses[-1 - last]) ** (math.log(2) / math.log(epochs / (epochs - last)))
            for last in (epochs // 4, epochs // 2)
        ]
        return float(min(max(left), 1.0))

    @property
    def fix_of_twice_the_epochs(self) -> Fix:
        """The fix that trains twice as long."""
        text = f"{2 * len(self.evidence.history)}"
        return self.view.fix_set(f"write `epochs: {text}`", (("training", "epochs"), text))

    @property
    def rate_path(self) -> Path:
        """Where the learning rate is written."""
        return rate_path(self.view.training.optimizer)

    @property
    def lower_rate(self) -> float:
        """A learning rate to try where the present one is too high."""
        return min(self.evidence.learning_rate / 10, usual_rate(self.view.training.optimizer))

    def fix_of_rate(self, rate: float) -> tuple[Fix, ...]:
        """The fix that writes another learning rate, where all others are multiples of it."""
        if not is_one_rate(self.view.training.optimizer):
            return ()
        text = f"{rate:.2g}"
        return (self.view.fix_set(f"write `{self.rate_path[-1]}: {text}`", (self.rate_path, text)),)

    def class_name(self, index: int) -> str:
        """A class in words."""
        data = self.view.data
        names = None if data is None else data.classes
        return f"class {index}" if names is None else f"class {names[index]!r}"


def shown(nll: float) -> str:
    """An NLL in a note."""
    return f"{nll:.3g}" if math.isfinite(nll) else "not finite"


__all__ = ["BETTER", "FASTER", "LARGEST_SHIFT", "SLOWER", "SURE", "WITHOUT_KL", "Case", "shown"]
