"""A Bayesian kernel before training: the arithmetic that the plan and the rules share.

Means are drawn from He's normal law, with variance 2 / fan-in; every weight has the same standard
deviation, the spec's `initial_scale`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, log, log1p

from bnnc.compiler.analysis.shapes import consumers
from bnnc.compiler.analysis.view import View
from bnnc.compiler.text.tree import Path
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.layers import Shape
from bnnc.specs.placement import IMAGES, Placed
from bnnc.specs.priors import mean_square


def noise_over_signal(kernel: Shape, scale: float) -> float:
    """Variance that the posterior adds to an output, over the variance that the means give it.

    Both are sums over the same inputs, so the inputs cancel: σ² / mean square.
    """
    return scale**2 / mean_square(kernel)


@dataclass(frozen=True, slots=True)
class PosteriorKernel:
    """A kernel with a posterior: its layer, its shape as it is drawn, and what holds for it.

    `times` is how often the KL counts what the prior makes of its means.
    """

    placed: Placed
    shape: Shape
    bayesian: Bayesian
    times: float = 1.0

    @property
    def scale(self) -> float:
        """Standard deviation of every weight before training."""
        return self.bayesian.posterior.initial_scale


def inflation(placed: Sequence[Placed], added: Mapping[int, float]) -> float:
    """Variance of the outputs over the part of it that is signal, before training.

    `added` is the noise that a layer adds, as a share of the variance of its outputs: the factors
    1 + share multiply along a chain. Where paths are added, signal and noise of each are: a
    shortcut brings the signal of the block's input past what its body adds. Where they are
    concatenated, they are means over the paths. Batch normalization makes the variance 1 again,
    of which the noise keeps its share.
    """
    # Of what each layer gives, the logarithm of the variance, in units of the images', which all
    # means of He's size keep, and the share of it that is signal. A thousand sums overflow floats.
    sizes: dict[int, float] = {IMAGES: 0.0}
    signals: dict[int, float] = {IMAGES: 1.0}
    for one in placed:
        largest = max(sizes[index] for index in one.inputs)
        parts = [exp(sizes[index] - largest) for index in one.inputs]
        total = sum(parts)
        signal = sum(part * signals[i] for part, i in zip(parts, one.inputs, strict=True)) / total
        size = largest + log(total)
        if one.layer.type == "concatenate":
            size -= log(len(parts))
        if one.layer.type == "batch_normalization":
            size = 0.0
        share = added.get(one.index, 0.0)
        sizes[one.index] = size + log1p(share)
        signals[one.index] = signal / (1 + share)
    last = signals[len(placed) - 1]
    return 1 / last if last > 0 else inf


# What a rule must have in its `needs` to ask for the kernels.
NEEDS = ("input.shape", "layers", "bayesian")


def posterior_kernels(view: View) -> tuple[PosteriorKernel, ...]:
    """The kernels that get a posterior; none where the shapes break off."""
    if view.shapes.output is None:
        return ()
    return tuple(
        PosteriorKernel(step.placed, kernel, section)
        for step in view.shapes.steps
        if (section := view.bayesian_sections.get(step.placed.index)) is not None
        and section.applied_method.posterior_of_kernel
        and (kernel := step.layer.kernel_as_drawn(step.input)) is not None
    )


def kernels_under_a_prior(view: View) -> tuple[PosteriorKernel, ...]:
    """The kernels whose means a prior holds in the KL, each with the layer that says the prior.

    Those with a posterior, and those that read a dropout whose rate is learned.
    """
    if view.shapes.output is None:
        return ()
    consumers_of = consumers(view.shapes.steps)
    read = (
        PosteriorKernel(step.placed, reader.kernel, section, times)
        for step in view.shapes.steps
        if (section := view.bayesian_sections.get(step.placed.index)) is not None
        and (times := section.applied_method.consumer_kl_multiplier(step.layer))
        for reader in consumers_of[step.placed.index]
    )
    return (*posterior_kernels(view), *read)


def by_place(
    view: View, kernels: tuple[PosteriorKernel, ...], *keys: str
) -> dict[Path, tuple[PosteriorKernel, ...]]:
    """The kernels by the path that says a field of theirs: a layer's own, or the section's."""
    found: dict[Path, tuple[PosteriorKernel, ...]] = {}
    for kernel in kernels:
        path = view.bayesian_path(kernel.placed, *keys)
        found[path] = (*found.get(path, ()), kernel)
    return found
