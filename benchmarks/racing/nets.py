"""The nets that all libraries build, as data: plain values, since each library has its own process."""

from dataclasses import asdict, dataclass
from typing import Any

Layers = list[dict[str, Any]]


def convolution(filters: int, kernel_size: int, strides: int = 1, relu: bool = True) -> Layers:
    """A convolution that keeps the size, but for its strides."""
    activation = {"activation": "relu"} if relu else {}
    size = {"filters": filters, "kernel_size": kernel_size}
    return [{"type": "conv2d", **size, "strides": strides, "padding": "same", **activation}]


def lenet5() -> Layers:
    """LeNet-5 for ten classes, as in the gallery: 654 thousand multiply-adds at 28×28×1."""
    return [
        *convolution(6, 5),
        {"type": "max_pooling2d", "pool_size": 2},
        *convolution(16, 5),
        {"type": "max_pooling2d", "pool_size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 84, "activation": "relu"},
        {"type": "dense", "units": 10},
    ]


def residual(blocks: int, width: int) -> Layers:
    """Three stages of `blocks` residual blocks; 3 and 16 are ResNet-20 (He et al. 2016).

    41 million multiply-adds at 32×32×3 for these. Projections stand where the shape changes.
    """
    layers: Layers = [*convolution(width, 3, relu=False), *_normalised_relu()]
    for stage in range(3):
        for block in range(blocks):
            filters = width * 2**stage
            strides = 2 if stage and not block else 1
            inside = [
                *convolution(filters, 3, strides, relu=False),
                *_normalised_relu(),
                *convolution(filters, 3, relu=False),
                {"type": "batch_normalization"},
            ]
            changed = strides > 1
            shortcut = convolution(filters, 1, strides, relu=False) if changed else []
            layers.append({"type": "residual", "layers": inside, "shortcut": shortcut})
            layers.append({"type": "activation", "activation": "relu"})
    return [*layers, {"type": "global_average_pooling2d"}, {"type": "dense", "units": 10}]


def _normalised_relu() -> Layers:
    return [{"type": "batch_normalization"}, {"type": "activation", "activation": "relu"}]


@dataclass(frozen=True)
class Case:
    """What a library is asked to do, over and over.

    Args:
        task: "step", steps of training on one batch; "predict", whole predictions; "loop", the
            same where a library has a second way; "epoch", epochs on Fashion-MNIST.
        method: "none" for the deterministic twin, or how the posterior is learned.
        net: "lenet5", or "residual" with its `blocks` and `width`.
        layers: "all", or "last" for a posterior of the last layer only.
        batch: rows of a step.
        samples: weight draws of a prediction.
        images: images of a prediction.
    """

    task: str
    method: str
    net: str = "lenet5"
    layers: str = "all"
    batch: int = 128
    blocks: int = 3
    width: int = 16
    samples: int = 64
    images: int = 10_000

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return (28, 28, 1) if self.net == "lenet5" else (32, 32, 3)

    @property
    def tree(self) -> Layers:
        """The layers, each marked by whether it has a posterior."""
        layers = lenet5() if self.net == "lenet5" else residual(self.blocks, self.width)
        marked = _marked(layers, self.method != "none" and self.layers == "all")
        marked[-1]["bayesian"] = self.method != "none"
        return marked

    def plain(self) -> dict[str, Any]:
        """The arguments of this case."""
        return asdict(self)


def _marked(layers: Layers, bayesian: bool) -> Layers:
    made: Layers = []
    for layer in layers:
        inner: dict[str, Any] = {
            key: _marked(layer[key], bayesian) for key in ("layers", "shortcut") if key in layer
        }
        kernel = layer["type"] in {"conv2d", "dense"}
        made.append({**layer, **inner, "bayesian": bayesian and kernel})
    return made


# The posterior that all begin with, and their prior: standard deviations.
INITIAL_SCALE = 0.01
PRIOR_SCALE = 0.1
# Rows of a training, which weight the KL.
ROWS = 60_000
