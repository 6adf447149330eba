"""A Bayesian kernel before training: the arithmetic that the plan and the rules share.

Means are drawn from Keras's HeNormal, with variance 2 / fan-in; every weight has the same standard
deviation, the spec's `initial_scale`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, prod

from bnnc.compiler.view import View
from bnnc.specs.bayesian import VARIATIONAL
from bnnc.specs.layers import Shape
from bnnc.specs.placement import Placed
from bnnc.specs.selection import stochastic_layers

# The prior's scale where it is learned, before training.
LEARNED_PRIOR_SCALE = 0.1


def prior_scale(scale: float | str) -> float:
    """The prior's standard deviation before training."""
    return LEARNED_PRIOR_SCALE if isinstance(scale, str) else scale


def mean_square(kernel: Shape) -> float:
    """Expected square of a mean: 2 / fan-in, counted as Keras counts it."""
    return 2 / prod(kernel[:-1])


def noise_over_signal(kernel: Shape, scale: float) -> float:
    """Variance that the posterior adds to an output, over the variance that the means give it.

    Both are sums over the same inputs, so the inputs cancel: σ² / mean square.
    """
    return scale**2 / mean_square(kernel)


def kl_of_scales(kernel: Shape, scale: float, prior: float) -> float:
    """Part of KL(posterior ‖ prior) that the standard deviations give, in nats."""
    return prod(kernel) * (log(prior / scale) + scale**2 / (2 * prior**2) - 0.5)


def kl_of_means(kernel: Shape, prior: float) -> float:
    """Part of KL(posterior ‖ prior) that means of He's size give, in nats: units / prior²."""
    return prod(kernel) * mean_square(kernel) / (2 * prior**2)


@dataclass(frozen=True, slots=True)
class PosteriorKernel:
    """A kernel with a posterior: its layer, and its shape."""

    placed: Placed
    shape: Shape


# What a rule must have in its `needs` to ask for the kernels.
NEEDS = ("input.shape", "layers", "bayesian")


def posterior_kernels(view: View) -> tuple[PosteriorKernel, ...]:
    """The kernels that get a posterior; none where the shapes break off."""
    if view.bayesian.method not in VARIATIONAL or view.shapes.output is None:
        return ()
    chosen = stochastic_layers(view.bayesian, view.layers)
    return tuple(
        PosteriorKernel(step.placed, step.layer.weights(step.input)["kernel"])
        for step in view.shapes.steps
        if step.placed.index in chosen
    )
