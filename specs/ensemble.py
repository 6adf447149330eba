"""The `ensemble` section: several networks, trained separately, that predict together."""

from pydantic import Field

from bnnc.specs.section import Section


class Ensemble(Section):
    """A deep ensemble (Lakshminarayanan et al. 2017, arXiv:1612.01474).

    Every member is a program by itself, with the seed that `bnnc.specs.seeds.member_seed` gives.
    """

    members: int = Field(
        ge=1,
        le=1000,
        description=(
            "Networks of the spec, trained one after the other from different seeds: initial "
            "weights, order of the data and noise; the rows held out are the same for all. The "
            "prediction is the average of theirs, over the members and the weight draws of each; "
            "their disagreement is epistemic uncertainty. The first member has the spec's "
            "own seed."
        ),
    )
