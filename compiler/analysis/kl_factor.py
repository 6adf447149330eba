"""How often the KL is counted: the arithmetic that the rules on its weight share.

The evidence lower bound, divided by the rows trained on, N, counts the KL with 1/N. The factor is
weight · temperature · N: 1 for that bound, N if the whole KL is added to the mean loss of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.diagnostic import Fix
from bnnc.compiler.text.tree import Path

# What a rule must have in its `needs` to ask for the factor.
NEEDS = ("bayesian.method", "loss.kl.weight", "loss.kl.temperature")

# `benchmarks/kl_weight.md`: from a factor of 3 on, every net there learns worse than with 1, on the
# digits by more than twenty standard errors of the NLL; at a thousandth, accuracy, NLL and scales
# are those of no KL at all.
OVERCOUNT = 3.0
UNDERCOUNT = 1e-3


@dataclass(frozen=True, slots=True)
class KLFactor:
    """The factor, the part of it that the weight alone is, and the rows where they are known."""

    value: float
    weight: float
    rows: int | None

    @property
    def cause(self) -> Literal["weight", "temperature"]:
        """What is to blame for a factor that is too large."""
        return "weight" if self.weight >= OVERCOUNT else "temperature"


def kl_factor(view: View) -> KLFactor | None:
    """The factor; None without a KL, or where the rows matter and are not known unloaded."""
    if view.path_of_kl is None:
        return None
    kl = view.loss.kl
    if isinstance(kl.weight, str):
        return KLFactor(kl.temperature, 1.0, view.rows)
    rows = view.rows
    if rows is None:
        return None
    return KLFactor(kl.weight * kl.temperature * rows, kl.weight * rows, rows)


def counting_once(view: View) -> Fix:
    """The fix that weighs the KL by 1/N.

    A high temperature is set back too: otherwise it would be found in the next check.
    """
    changes: list[tuple[Path, str]] = [(("loss", "kl", "weight"), "per_example")]
    if _sets_temperature_back(view):
        changes.append((("loss", "kl", "temperature"), "1.0"))
    return view.fix_set(
        f"write {', '.join(f'`{path[-1]}: {one}`' for path, one in changes)}", *changes
    )


def counted_once(view: View) -> str:
    """What that fix writes, and why."""
    words = "`weight: per_example`, which is 1 / number of training rows"
    return f"{words}, and `temperature: 1.0`" if _sets_temperature_back(view) else words


def _sets_temperature_back(view: View) -> bool:
    return view.has("loss.kl.temperature") and view.loss.kl.temperature >= OVERCOUNT
