"""blitz-bayesian-pytorch: one draw of the weights a batch, and the KL estimated from it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from blitz.losses import kl_divergence_from_nn
from blitz.modules import BayesianConv2d, BayesianLinear
from torch import nn

from benchmarks.racing.nets import INITIAL_SCALE, PRIOR_SCALE, Case
from benchmarks.racing.torch_layers import geometry, make_task


def make(case: Case) -> Callable[[int], Any]:
    """What does a case once, or several times."""
    posterior = {
        "prior_sigma_1": PRIOR_SCALE,
        "prior_pi": 1.0,
        "posterior_rho_init": float(np.log(np.expm1(INITIAL_SCALE))),
    }

    def make_layer(layer: dict[str, Any], features: int) -> nn.Module:
        if layer["type"] == "dense":
            return BayesianLinear(features, layer["units"], **posterior)
        arguments = geometry(layer)
        arguments["kernel_size"] = (arguments["kernel_size"],) * 2
        return BayesianConv2d(features, layer["filters"], **arguments, **posterior)

    def divergence(net: nn.Module) -> torch.Tensor:
        return kl_divergence_from_nn(net)

    return make_task(case, make_layer, divergence)
