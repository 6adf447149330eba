"""The `bayesian` section, and the one of a layer."""

from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from bnnc.specs.gaussian_process import GaussianProcess
from bnnc.specs.methods import METHODS, NAMES, Method, MethodName
from bnnc.specs.posterior import NormalPosterior
from bnnc.specs.priors import NormalPrior, Prior
from bnnc.specs.priors.scaled import DEFAULT_SCALE
from bnnc.specs.section import ONE_OR_MANY, LayerName, Section

LayerSelection = Annotated[
    Annotated[Literal["all", "last"], Tag("one")]
    | Annotated[list[LayerName], Field(min_length=1, max_length=10_000), Tag("many")],
    ONE_OR_MANY,
]

Members = Annotated[int, Field(ge=2, le=1000)]
Pairs = Annotated[int, Field(ge=1, le=1000)]
Bound = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]

_METHOD = "; ".join(f"`{name}` {METHODS[name].meaning}" for name in NAMES) + "."


def _default_prior(section: dict[str, Any]) -> NormalPrior:
    """The prior of a section that writes none, from its fields that are known before it."""
    method = METHODS.get(section.get("method", "none"), METHODS["none"])
    return NormalPrior(scale=method.default_prior_scale)


class Bayesian(Section):
    """Which layers are Bayesian, by which method, with which prior and posterior."""

    method: MethodName = Field(description=_METHOD)
    layers: LayerSelection = Field(
        default="all",
        description="`all`, `last`, or the names of the layers that the method applies to.",
    )
    members: Members = Field(
        default=4,
        description=(
            "Members of `batch_ensemble`, and components of the mixture of `rank_1`; the rows of "
            "a batch are dealt out to them in turn."
        ),
    )
    pairs: Pairs = Field(
        default=1,
        description=(
            "Under `antithetic`, how many draws of the kernel a batch has, each with its mirror "
            "image: its rows are divided into twice as many parts. With 1, half of the batch has "
            "the draw and half its mirror image."
        ),
    )
    prior: Prior = Field(
        default_factory=_default_prior,
        description=(
            "Prior of the weights of the selected layers; under `rank_1`, of factors less 1. Normal "
            f"with a scale of {DEFAULT_SCALE:g} by default, of "
            f"{METHODS['laplace'].default_prior_scale:g} under `laplace`."
        ),
    )
    posterior: NormalPosterior = Field(
        default=NormalPosterior(), description="Posterior of the weights of the selected layers."
    )
    bias: bool = Field(
        default=False,
        description=(
            "Whether the biases of the selected layers have a posterior too, of the same family, "
            "scale and prior as their kernels; they are deterministic otherwise. Whether a layer "
            "has a bias at all is its `use_bias`."
        ),
    )
    norm_multiplier: Bound = Field(
        default=0.95,
        description=(
            "Under `sngp` and `spectral_normalization`, the upper bound of the spectral norm of "
            "a layer's kernel. A kernel with a larger norm is scaled down to it, others are left "
            "as they are. For a convolution it is the norm of the map of whole images, not of "
            "the kernel as a matrix. edward2 uses this name too, and `spec_norm_bound` in its "
            "models."
        ),
    )
    gaussian_process: GaussianProcess = Field(
        default=GaussianProcess(),
        description="Under `sngp`, the Gaussian process that replaces the last dense layer.",
    )
    hessian: Literal["full", "kronecker"] = Field(
        default="kronecker",
        description=(
            "Under `laplace`, the matrix of second derivatives that the posterior's precision is "
            "made of: `full`, or the Kronecker product of one of the inputs and one of the outputs."
        ),
    )

    @property
    def applied_method(self) -> Method:
        """The method itself."""
        return METHODS[self.method]


class LayerBayesian(Section):
    """Fields of a layer that override those of the `bayesian` section."""

    method: MethodName | None = Field(
        default=None,
        description=(
            "The layer's own method, whatever `bayesian.layers` selects; `none` exempts it, and "
            "null keeps the section's."
        ),
    )
    pairs: Pairs | None = Field(
        default=None,
        description="The layer's own number of antithetic pairs; null keeps the section's.",
    )
    prior: Prior | None = Field(
        default=None,
        description="The layer's own prior, which replaces the section's as a whole; null keeps "
        "the section's.",
    )
    posterior: NormalPosterior | None = Field(
        default=None,
        description="The layer's own posterior, which replaces the section's as a whole; null "
        "keeps the section's.",
    )
    bias: bool | None = Field(
        default=None,
        description=(
            "Whether the layer's bias has a posterior too; null keeps the section's value."
        ),
    )
    norm_multiplier: Bound | None = Field(
        default=None,
        description="The layer's own bound of its spectral norm; null keeps the section's.",
    )
    gaussian_process: GaussianProcess | None = Field(
        default=None,
        description="The last layer's own process, which replaces the section's as a whole; null "
        "keeps the section's.",
    )

    def over(self, section: Bayesian) -> Bayesian:
        """The section with what the layer says in the place of the section's."""
        return section.model_copy(update=self.explicit_fields)

    @property
    def explicit_fields(self) -> dict[str, object]:
        """The fields that the layer says, by name."""
        return {name: one for name, one in self if one is not None}
