"""Plot how unsure a trained Bayesian network is of its right and of its wrong predictions.

    python benchmarks/uncertainty.py [--plot docs/images/digits-uncertainty.svg]

Trains `digits-flipout` of the gallery as it is, and predicts the test images. The left plot has the
entropy of the right and of the wrong predictions; the right one has the accuracy of those whose
entropy is below a limit. Needs the extra `benchmark` for the plot.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

import numpy as np
import numpy.typing as npt

import bnnc
from benchmarks.plotting import GRAY, INK, figure, save
from bnnc.runtime.data.digits import load_digits

Array = npt.NDArray[np.float64]
SPEC = ROOT / "specs" / "gallery" / "digits-flipout.yaml"


def predicted() -> tuple[Array, npt.NDArray[np.bool_]]:
    """Entropy in nats, and whether the class is right, of each test image."""
    program = bnnc.compile(SPEC)
    program.fit("digits", verbose=0)
    test = load_digits().test
    assert test is not None
    prediction = program.predict(test.images)
    assert isinstance(prediction, bnnc.Prediction)
    right = np.asarray(prediction.label) == np.asarray(test.labels)
    return np.asarray(prediction.entropy), right


def plot(entropy: Array, right: npt.NDArray[np.bool_], path: Path) -> None:
    """Draw both plots in one file."""
    picture, (left, second) = figure(6.8, 3.0, columns=2)
    edges = np.linspace(0, max(entropy.max(), 1e-6), 25)
    for which, name, color in ((right, "right", INK["blue"]), (~right, "wrong", INK["orange"])):
        share = np.full(which.sum(), 1 / max(which.sum(), 1))
        left.hist(
            entropy[which],
            edges,
            weights=share,
            color=color,
            alpha=0.75,
            label=f"{name}, {which.sum()} images",
        )
    left.set(xlabel="predictive entropy, nats", ylabel="share of the images")
    left.legend(frameon=False, labelcolor=GRAY)
    shares = np.arange(1, len(right) + 1) / len(right)
    accuracy = np.cumsum(right[np.argsort(entropy)]) / np.arange(1, len(right) + 1)
    second.plot(100 * shares, accuracy, color=INK["blue"], linewidth=2)
    second.set(
        xlabel="answered, % of the images",
        ylabel="accuracy of the answers",
        ylim=(min(0.95, accuracy[-1] - 0.01), 1.002),
    )
    picture.tight_layout(w_pad=2)
    save(picture, path)


def main() -> None:
    """Train, print what the predictions are like, and draw the plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--plot", type=Path, metavar="FILE")
    given = parser.parse_args()
    entropy, right = predicted()
    print(
        f"{right.sum()} right, mean entropy {entropy[right].mean():.3f} nats; "
        f"{(~right).sum()} wrong, mean entropy {entropy[~right].mean():.3f} nats; "
        f"{np.mean(entropy < entropy[~right].min()):.0%} are more certain than every wrong one"
    )
    if given.plot is not None:
        plot(entropy, right, given.plot)


if __name__ == "__main__":
    main()
