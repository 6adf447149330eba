"""The `bayesian` section: the method, and what its posterior and prior are."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from bnnc.specs.section import ONE_OR_MANY, TEXT_OR_OTHER, LayerName, Scale, Section

Method = Literal["none", "reparameterization", "flipout", "local_reparameterization", "mc_dropout"]
# The methods that put a posterior on kernels.
VARIATIONAL = frozenset({"reparameterization", "flipout", "local_reparameterization"})

LayerSelection = Annotated[
    Annotated[Literal["all", "last"], Tag("one")]
    | Annotated[list[LayerName], Field(min_length=1, max_length=10_000), Tag("many")],
    ONE_OR_MANY,
]
PriorWidth = Annotated[float, Field(gt=1e-6, le=1000, allow_inf_nan=False)]
PriorScale = Annotated[
    Annotated[Literal["learned"], Tag("text")] | Annotated[PriorWidth, Tag("other")], TEXT_OR_OTHER
]


class NormalPrior(Section):
    """A normal prior with mean 0 on every weight."""

    distribution: Literal["normal"] = Field(
        default="normal", description="Family of the prior, as named in TFP."
    )
    scale: PriorScale = Field(
        default=0.1,
        description=(
            "Standard deviation of the prior, or `learned`: one scale a layer, fitted with the "
            "weights (empirical Bayes), starting at 0.1."
        ),
    )


class NormalPosterior(Section):
    """A normal posterior, independent for every weight (mean field)."""

    distribution: Literal["normal"] = Field(
        default="normal", description="Family of the posterior, as named in TFP."
    )
    initial_scale: Scale = Field(
        default=0.01, description="Standard deviation of every weight before training."
    )


class Bayesian(Section):
    """Which layers are Bayesian, by which method, with which prior and posterior."""

    method: Method = Field(
        description=(
            "`none` is a deterministic model; `reparameterization`, `flipout` and "
            "`local_reparameterization` put a posterior on kernels; `mc_dropout` keeps the "
            "dropout layers active at prediction."
        ),
    )
    layers: LayerSelection = Field(
        default="all",
        description="`all`, `last`, or the names of the layers that the method applies to.",
    )
    prior: NormalPrior = Field(
        default=NormalPrior(), description="Prior of the weights of the selected layers."
    )
    posterior: NormalPosterior = Field(
        default=NormalPosterior(), description="Posterior of the weights of the selected layers."
    )
