"""Select the layers that the Bayesian method applies to."""

from __future__ import annotations

from collections.abc import Sequence

from bnnc.specs.bayesian import Bayesian
from bnnc.specs.placement import Placed


def bayesian_sections(bayesian: Bayesian, placed: Sequence[Placed]) -> dict[int, Bayesian]:
    """The section that applies to each Bayesian layer, overridden by the layer's own.

    By the layer's index. A layer with a method of its own is Bayesian by that one, whatever
    `bayesian.layers` selects. Where a method makes something else of a layer by its place, the
    section names that.
    """
    found: dict[int, Bayesian] = {}
    chosen = selected_layers(bayesian, placed)
    normalized = any(one.layer.type == "batch_normalization" for one in placed)
    for one in placed:
        own = one.layer.own_bayesian
        said = bayesian if own is None else own.over(bayesian)
        wanted = one.index in chosen or (own is not None and own.method is not None)
        if wanted and one.layer.carries(said.method):
            name = said.applied_method.at(
                one.layer,
                is_last=one.index == len(placed) - 1,
                normalized=normalized,
            )
            found[one.index] = (
                said if name == said.method else said.model_copy(update={"method": name})
            )
    return found


def selected_layers(bayesian: Bayesian, placed: Sequence[Placed]) -> frozenset[int]:
    """Indices of the placed layers that `bayesian.layers` selects for the section's method."""
    able = [one for one in placed if one.layer.carries(bayesian.method)]
    match bayesian.layers:
        case "all":
            return frozenset(one.index for one in able)
        case "last":
            return frozenset(one.index for one in able[-1:])
        case named:
            chosen = frozenset(named)
            return frozenset(one.index for one in able if not chosen.isdisjoint(one.selectors))
