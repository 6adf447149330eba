"""bayesian-torch: its layers give back their KL with their outputs, which is kept until it is asked for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from bayesian_torch import layers
from torch import nn

from benchmarks.racing.nets import INITIAL_SCALE, PRIOR_SCALE, Case
from benchmarks.racing.torch_layers import geometry, make_task

_CONVOLUTIONS = {
    "flipout": layers.Conv2dFlipout,
    "reparameterization": layers.Conv2dReparameterization,
}
_DENSE = {
    "flipout": layers.LinearFlipout,
    "reparameterization": layers.LinearReparameterization,
}


class _KeepsKL(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.kl = torch.zeros(())

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs, self.kl = self.layer(inputs)
        return outputs


def make(case: Case) -> Callable[[int], Any]:
    """What does a case once, or several times."""
    posterior = {
        "prior_mean": 0.0,
        "prior_variance": PRIOR_SCALE,  # used as the standard deviation by the library
        "posterior_rho_init": float(np.log(np.expm1(INITIAL_SCALE))),
    }

    def make_layer(layer: dict[str, Any], features: int) -> nn.Module:
        if layer["type"] == "dense":
            return _KeepsKL(_DENSE[case.method](features, layer["units"], **posterior))
        found = _CONVOLUTIONS[case.method]
        return _KeepsKL(found(features, layer["filters"], **geometry(layer), **posterior))

    def divergence(net: nn.Module) -> torch.Tensor:
        kept = [one.kl for one in net.modules() if isinstance(one, _KeepsKL)]
        return torch.stack(kept).sum()

    return make_task(case, make_layer, divergence)
