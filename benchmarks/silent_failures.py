"""Plot how four Bayesian networks in TFP learn the digits: one is right, three fail silently.

    python benchmarks/silent_failures.py [--epochs N] [--plot docs/images/silent-failures.svg]

Each network is the same convolution and head of `tfp.layers`, with flipout, trained by Keras's own
`fit`. The three differ from the right one in one place, and none of them raises an error. Needs the
extra `benchmark` for the plot.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # the Keras that tfp.layers is written for

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

from benchmarks.plotting import GRAY, INK, figure, save
from bnnc.runtime.data.digits import load_digits

CLASSES = 10
DRAWS = 16
BATCH = 32


@dataclass(frozen=True)
class Network:
    """One way of putting the parts together.

    Args:
        activation: of the head, whose numbers `OneHotCategorical` reads as logits.
        cross_entropy: whether the loss is Keras's, which turns the distribution into a sample,
            instead of the negative log-likelihood.
        whole_kl: whether every batch counts the KL whole, instead of divided by the rows.
    """

    activation: str | None = None
    cross_entropy: bool = False
    whole_kl: bool = False


NETWORKS: Mapping[str, Network] = {
    "as it should be": Network(),
    "softmax read as logits": Network(activation="softmax"),
    "KL not divided by the rows": Network(whole_kl=True),
    "cross-entropy of a sample": Network(cross_entropy=True),
}


@dataclass(frozen=True)
class Curve:
    """What a network reaches on the test images after each epoch; the NLL is in nats an image."""

    accuracy: list[float]
    nll: list[float]


def trained(network: Network, epochs: int) -> Curve:
    """Train a network, and evaluate it after each epoch by the mean of `DRAWS` weight draws."""
    tf_keras.utils.set_random_seed(0)
    data = load_digits()
    assert data.test is not None
    rows, test = data.train.images / 16, data.test.images / 16
    head, model = _models(network, rows.shape)
    labels = tf_keras.utils.to_categorical(data.train.labels, CLASSES)
    curve = Curve([], [])
    for _ in range(epochs):
        model.fit(rows, labels, batch_size=BATCH, verbose=0)
        draws = [tf.nn.softmax(head(test)).numpy() for _ in range(DRAWS)]
        probabilities = np.mean(draws, axis=0)
        of_labels = probabilities[np.arange(len(test)), data.test.labels]
        curve.accuracy.append(float(np.mean(probabilities.argmax(-1) == data.test.labels)))
        curve.nll.append(float(-np.mean(np.log(of_labels))))
    return curve


def _models(network: Network, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """The network up to its head, and the compiled model with its distribution."""
    divisor = 1 if network.whole_kl else shape[0]
    arguments: dict[str, Any] = {
        "kernel_divergence_fn": lambda q, p, _: tfp.distributions.kl_divergence(q, p) / divisor
    }
    images = tf_keras.Input(shape[1:])
    hidden = tfp.layers.Convolution2DFlipout(16, 3, padding="same", activation="relu", **arguments)(
        images
    )
    hidden = tf_keras.layers.Flatten()(tf_keras.layers.MaxPooling2D()(hidden))
    head = tfp.layers.DenseFlipout(CLASSES, activation=network.activation, **arguments)(hidden)
    model = tf_keras.Model(images, tfp.layers.OneHotCategorical(CLASSES)(head))
    model.compile(
        tf_keras.optimizers.Adam(0.003),
        "categorical_crossentropy" if network.cross_entropy else _negative_log_likelihood,
    )
    return tf_keras.Model(images, head), model


def _negative_log_likelihood(labels: Any, distribution: Any) -> Any:
    return -distribution.log_prob(labels)


def plot(curves: Mapping[str, Curve], path: Path) -> None:
    """Draw accuracy and NLL of all networks, with the values of guessing as dotted lines."""
    picture, (left, right) = figure(6.8, 3.0, columns=2)
    for (name, curve), color in zip(curves.items(), INK.values(), strict=True):
        epochs = range(1, len(curve.nll) + 1)
        left.plot(epochs, curve.accuracy, color=color, linewidth=2)
        right.plot(epochs, curve.nll, color=color, linewidth=2, label=name)
    for axes, guessing in ((left, 1 / CLASSES), (right, np.log(CLASSES))):
        axes.axhline(guessing, color=GRAY, linewidth=0.8, linestyle=":")
        axes.set(xlabel="epoch")
    left.set(ylabel="test accuracy", ylim=(0, 1.02))
    right.set(ylabel="test NLL, nats an image", ylim=(0, None))
    picture.legend(
        frameon=False, labelcolor=GRAY, loc="lower center", ncols=2, bbox_to_anchor=(0.5, -0.22)
    )
    picture.tight_layout(w_pad=2)
    save(picture, path)


def main() -> None:
    """Train the networks, print what they reach, and draw the plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    given = parser.parse_args()
    curves = {}
    for name, network in NETWORKS.items():
        curves[name] = curve = trained(network, given.epochs)
        print(f"{name:<28}accuracy {curve.accuracy[-1]:.3f}  NLL {curve.nll[-1]:.3f}", flush=True)
    if given.plot is not None:
        plot(curves, given.plot)


if __name__ == "__main__":
    main()
