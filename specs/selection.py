"""Which of the layers the Bayesian method applies to."""

from __future__ import annotations

from collections.abc import Sequence

from bnnc.specs.bayesian import Bayesian
from bnnc.specs.placement import Placed


def stochastic_layers(bayesian: Bayesian, placed: Sequence[Placed]) -> frozenset[int]:
    """Indices of the placed layers that the Bayesian method applies to."""
    able = [one for one in placed if one.layer.carries(bayesian.method)]
    match bayesian.layers:
        case "all":
            return frozenset(one.index for one in able)
        case "last":
            return frozenset(one.index for one in able[-1:])
        case named:
            chosen = frozenset(named)
            return frozenset(one.index for one in able if one.name in chosen)
