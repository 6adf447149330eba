"""A Bayesian kernel before training: the arithmetic that the plan and the rules share.

Means are drawn from Keras's HeNormal, with variance 2 / fan-in; every weight has the same standard
deviation, the spec's `initial_scale`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bnnc.compiler.text.tree import Path
from bnnc.compiler.view import View
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.layers import Shape
from bnnc.specs.placement import Placed
from bnnc.specs.priors import mean_square


def noise_over_signal(kernel: Shape, scale: float) -> float:
    """Variance that the posterior adds to an output, over the variance that the means give it.

    Both are sums over the same inputs, so the inputs cancel: σ² / mean square.
    """
    return scale**2 / mean_square(kernel)


@dataclass(frozen=True, slots=True)
class PosteriorKernel:
    """A kernel with a posterior: its layer, its shape, and what holds for it."""

    placed: Placed
    shape: Shape
    bayesian: Bayesian

    @property
    def scale(self) -> float:
        """Standard deviation of every weight before training."""
        return self.bayesian.posterior.initial_scale


# What a rule must have in its `needs` to ask for the kernels.
NEEDS = ("input.shape", "layers", "bayesian")


def posterior_kernels(view: View) -> tuple[PosteriorKernel, ...]:
    """The kernels that get a posterior; none where the shapes break off."""
    if view.shapes.output is None:
        return ()
    return tuple(
        PosteriorKernel(step.placed, step.layer.weights(step.input)["kernel"], section)
        for step in view.shapes.steps
        if (section := view.bayesian_sections.get(step.placed.index)) is not None
        and section.applied.posterior_of_kernel
    )


def by_place(
    view: View, kernels: tuple[PosteriorKernel, ...], *keys: str
) -> dict[Path, tuple[PosteriorKernel, ...]]:
    """The kernels by the path that says a field of theirs: a layer's own, or the section's."""
    found: dict[Path, tuple[PosteriorKernel, ...]] = {}
    for kernel in kernels:
        path = view.bayesian_path(kernel.placed, *keys)
        found[path] = (*found.get(path, ()), kernel)
    return found
