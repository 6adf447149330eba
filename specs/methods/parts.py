"""The parts of a spec that a method looks at: a layer, and the section that applies to it.

The sections themselves refer to the methods, so that these protocols stand in for them here.
"""

from __future__ import annotations

from typing import Literal, Protocol

from bnnc.specs.gaussian_process import GaussianProcess
from bnnc.specs.posterior import NormalPosterior
from bnnc.specs.priors import Prior
from bnnc.specs.shapes import Shape


class MethodLayer(Protocol):
    """A layer as a method sees it; see `bnnc.specs.layers.layer.LayerSection`."""

    @property
    def type(self) -> str:
        """Name of the layer's type."""

    @property
    def keras_class(self) -> str:
        """Class of the layer, with its module."""

    @property
    def variational_class(self) -> str | None:
        """Class that carries a posterior on the kernel; None for layers without a kernel."""

    @property
    def drops(self) -> bool:
        """Whether it drops units in training."""

    @property
    def has_bias(self) -> bool:
        """Whether it has a bias."""

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one example after the layer."""

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Shape of every weight by name, for an input shape."""

    def kernel_as_drawn(self, shape: Shape) -> Shape | None:
        """The kernel's weights as [*inputs of an output, outputs], for an input shape."""


class MethodSection(Protocol):
    """The settings of a method; see `bnnc.specs.bayesian.Bayesian`."""

    @property
    def members(self) -> int:
        """Members that share one kernel."""

    @property
    def pairs(self) -> int:
        """Draws of a batch that have mirror images."""

    @property
    def prior(self) -> Prior:
        """Prior of the weights."""

    @property
    def posterior(self) -> NormalPosterior:
        """Posterior of the weights."""

    @property
    def bias(self) -> bool:
        """Whether biases have a posterior too."""

    @property
    def norm_multiplier(self) -> float:
        """Bound of the spectral norm."""

    @property
    def gaussian_process(self) -> GaussianProcess:
        """The Gaussian process of the last layer."""

    @property
    def hessian(self) -> Literal["full", "kronecker"]:
        """Form of the Hessian."""
