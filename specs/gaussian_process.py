"""The Gaussian process that replaces the last layer under `sngp`."""

from typing import Annotated

from pydantic import Field

from bnnc.specs.section import Section

# Its covariance has as many rows and columns: 256 MiB at the upper bound.
Features = Annotated[int, Field(ge=1, le=8192)]
Width = Annotated[float, Field(gt=1e-6, le=1e6, allow_inf_nan=False)]


class GaussianProcess(Section):
    """A Gaussian process with the kernel amplitude² · exp(-distance² / (2 length_scale²)).

    It is approximated by random Fourier features (Rahimi and Recht 2007): the outputs are linear
    in cosines of random projections of what the layer gets.
    """

    num_inducing: Features = Field(
        default=1024,
        description=(
            "Number of random Fourier features that approximate the process; the name is "
            "edward2's. "
            "The error of the kernel falls with the root of their number, and the covariance has "
            "their square of numbers."
        ),
    )
    length_scale: Width = Field(
        default=1.0,
        description=(
            "Distance between two inputs of the last layer at which their outputs are still alike, "
            "as in TFP's ExponentiatedQuadratic; of edward2's `gp_kernel_scale` it is the root. "
            "Far beyond it from all training images, the outputs have the prior's variance."
        ),
    )
    amplitude: Width = Field(
        default=1.0,
        description=(
            "Standard deviation of an output, a logit for instance, before any data, as in TFP's "
            "ExponentiatedQuadratic; 1 / amplitude² is edward2's ridge penalty."
        ),
    )
