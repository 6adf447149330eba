"""What laplace-torch says of small last layers: the oracle of `tests/laws/test_laplace.py`.

    python benchmarks/laplace_torch.py > tests/laws/laplace_torch.json

It runs in an environment of its own, with `pip install laplace-torch torch`, and needs nothing of
bnnc. The features of the last layer are recorded, and not the network before it.
"""

import json
import sys
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from laplace import Laplace
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ROWS, SIZE, FEATURES, CLASSES = 30, 4, 3, 3
PRECISION = 2.0


class Network(nn.Module):
    """A hidden layer and a last one."""

    def __init__(self, outputs: int, bias: bool) -> None:
        super().__init__()
        self.hidden = nn.Linear(SIZE, FEATURES)
        self.last = nn.Linear(FEATURES, outputs, bias=bias)

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """What the last layer reads."""
        return torch.tanh(self.hidden(inputs))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The outputs."""
        return self.last(self.features(inputs))


def numbers(tensor: torch.Tensor) -> Any:
    """As nested lists, to nine digits."""
    return np.round(tensor.detach().numpy().astype(np.float64), 9).tolist()


def case(
    inputs: torch.Tensor, labels: torch.Tensor, likelihood: str, hessian: str, bias: bool
) -> dict[str, Any]:
    """One trained network, its posterior under a given prior, and the prior of most evidence."""
    torch.manual_seed(1)
    regression = likelihood == "regression"
    network = Network(labels.shape[1] if regression else CLASSES, bias)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    loss = nn.MSELoss() if regression else nn.CrossEntropyLoss()
    for _ in range(120):
        optimizer.zero_grad()
        loss(network(inputs), labels).backward()
        optimizer.step()
    network = network.double()
    inputs, labels = inputs.double(), labels.double() if regression else labels
    sigma = 0.7 if regression else 1.0
    posterior = Laplace(
        network,
        likelihood,
        subset_of_weights="last_layer",
        hessian_structure=hessian,
        prior_precision=PRECISION,
        **({"sigma_noise": sigma} if regression else {}),
    )
    posterior.fit(DataLoader(TensorDataset(inputs, labels), batch_size=ROWS))
    mean, covariance = posterior._glm_predictive_distribution(inputs[:4])
    found = {
        "likelihood": likelihood,
        "hessian": hessian,
        "bias": bias,
        "precision": PRECISION,
        "sigma": sigma,
        "features": numbers(network.features(inputs)),
        "labels": numbers(labels.double()),
        "kernel": numbers(network.last.weight.T),
        "bias_values": numbers(network.last.bias) if bias else None,
        "log_likelihood": float(posterior.log_likelihood),
        "log_marginal_likelihood": float(posterior.log_marginal_likelihood()),
        "functional_mean": numbers(mean),
        "functional_covariance": numbers(covariance),
    }
    posterior.optimize_prior_precision(method="marglik", n_steps=4000, lr=0.05)
    found["best_precision"] = float(posterior.prior_precision)
    found["best_log_marginal_likelihood"] = float(posterior.log_marginal_likelihood())
    return found


def main() -> None:
    """Print the cases as JSON."""
    torch.manual_seed(0)
    inputs = torch.randn(ROWS, SIZE)
    classes = torch.tensor(np.random.default_rng(0).integers(0, CLASSES, ROWS))
    noise = torch.tensor(np.random.default_rng(1).normal(size=(ROWS, 2)), dtype=torch.float32)
    cases = {
        "classification, full": case(inputs, classes, "classification", "full", bias=True),
        # Its Kronecker factors leave out what kernel and bias say of each other; ours do not.
        "classification, kron, no bias": case(
            inputs, classes, "classification", "kron", bias=False
        ),
        "regression, full": case(inputs, inputs[:, :2] + noise, "regression", "full", bias=True),
    }
    made_by = f"laplace-torch {version('laplace-torch')}, torch {version('torch')}"
    json.dump({"made_by": made_by, "cases": cases}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
