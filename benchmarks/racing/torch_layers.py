"""What the two libraries on PyTorch share: the net as modules, the loop of training, prediction."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.racing.nets import ROWS, Case, Layers

THREADS = 2
_CHUNK = 1000

# Makes a layer with a posterior from the layer's description and its input channels or features.
MakeLayer = Callable[[dict[str, Any], int], nn.Module]
# The KL of a module, after it was called.
Divergence = Callable[[nn.Module], torch.Tensor]


class Residual(nn.Module):
    """The sum of two ways."""

    def __init__(self, inside: nn.Module, past: nn.Module) -> None:
        super().__init__()
        self.inside, self.past = inside, past

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Both ways, added."""
        return self.inside(inputs) + self.past(inputs)


class Net:
    """Modules in turn, and how many features they end in."""

    def __init__(self, layers: Layers, shape: tuple[int, int, int], make_layer: MakeLayer) -> None:
        self._make_layer = make_layer
        self._height, _, self._features = shape
        self.module = self._sequence(layers)

    def _sequence(self, layers: Layers) -> nn.Sequential:
        return nn.Sequential(*[one for layer in layers for one in self._modules(layer)])

    def _modules(self, layer: dict[str, Any]) -> list[nn.Module]:
        match layer["type"]:
            case "residual":
                before = (self._height, self._features)
                past = self._sequence(layer["shortcut"])
                self._height, self._features = before
                return [Residual(self._sequence(layer["layers"]), past)]
            case "conv2d" | "dense":
                return self._kernel(layer)
            case "max_pooling2d":
                self._height //= 2
                return [nn.MaxPool2d(2)]
            case "flatten":
                self._features *= self._height**2
                return [nn.Flatten()]
            case "batch_normalization":
                return [nn.BatchNorm2d(self._features)]
            case "global_average_pooling2d":
                return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            case _:
                return [nn.ReLU()]

    def _kernel(self, layer: dict[str, Any]) -> list[nn.Module]:
        features = self._features
        if layer["type"] == "dense":
            self._features = layer["units"]
            plain: nn.Module = nn.Linear(features, self._features)
        else:
            self._features = layer["filters"]
            self._height //= layer["strides"]
            plain = nn.Conv2d(features, self._features, **geometry(layer))
        made = self._make_layer(layer, features) if layer["bayesian"] else plain
        return [made, nn.ReLU()] if layer.get("activation") == "relu" else [made]


def geometry(layer: dict[str, Any]) -> dict[str, Any]:
    """Kernel, strides and padding of a convolution."""
    size = layer["kernel_size"]
    return {"kernel_size": size, "stride": layer["strides"], "padding": size // 2}


def make_task(case: Case, make_layer: MakeLayer, divergence: Divergence) -> Callable[[int], Any]:
    """What does a case once, or several times."""
    torch.set_num_threads(THREADS)
    net = Net(case.tree, case.shape, make_layer).module
    if case.task == "step":
        return _steps(net, case, divergence)
    return _predictions(net, case)


def _images(case: Case, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = np.random.default_rng(0)
    height, width, channels = case.shape
    images = generator.normal(size=(rows, channels, height, width)).astype(np.float32)
    return torch.from_numpy(images), torch.from_numpy(generator.integers(0, 10, rows))


def _steps(net: nn.Module, case: Case, divergence: Divergence) -> Callable[[int], None]:
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    images, labels = _images(case, case.batch)
    net.train()

    def run(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(images), labels) + divergence(net) / ROWS
            loss.backward()
            optimizer.step()

    return run


def _predictions(net: nn.Module, case: Case) -> Callable[[int], None]:
    images, _ = _images(case, case.images)
    net.eval()

    def run(count: int) -> None:
        with torch.no_grad():
            for _ in range(count):
                for chunk in images.split(_CHUNK):
                    total = torch.zeros(len(chunk), 10)
                    for _ in range(case.samples):
                        total += torch.softmax(net(chunk), dim=-1)

    return run
