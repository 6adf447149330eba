"""The priors of a weight, one file each, by TFP's names."""

from bnnc.specs.priors.normal import NormalPrior
from bnnc.specs.priors.prior import PriorSection, mean_square

__all__ = ["NormalPrior", "PriorSection", "mean_square"]
