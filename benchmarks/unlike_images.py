"""Which methods know images that are unlike all digits: AUROC by entropy and mutual information.

    python benchmarks/unlike_images.py [--table benchmarks/unlike_images.md]

One network on the digits, trained by each method of the gallery as its spec says. The test images
are told from the same images with their pixels in another order, and from uniform noise, by what
each prediction knows of its own uncertainty: 0.5 is chance, 1 is without an error. Takes three
minutes on two cores.
"""

import argparse
import os
from importlib import resources
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

import bnnc
from benchmarks.outcomes import machine
from bnnc.runtime.data.digits import load_digits
from bnnc.runtime.program import Program

# Of one network; `none` is the deterministic twin of the network with the process.
SPECS = {
    "none": "digits-sngp",
    **{
        name: f"digits-{name.replace('_', '-')}"
        for name in ("flipout", "concrete_dropout", "rank_1", "batch_ensemble", "sngp")
    },
}
UNLIKE = ("other order", "noise")


def trained(method: str) -> Program:
    """The program of a method, trained as its spec says."""
    path = resources.files("bnnc.specs").joinpath("gallery", f"{SPECS[method]}.yaml")
    twin = {"bayesian": {"method": "none"}, "loss.kl": {}} if method == "none" else {}
    program = bnnc.compile(Path(str(path)), set=twin)
    program.fit()
    return program


def unlike(images: npt.NDArray[np.generic]) -> dict[str, npt.NDArray[np.float32]]:
    """Images like no digit, as many as there are: their pixels in another order, and noise."""
    generator = np.random.default_rng(0)
    rows = images.reshape(len(images), -1).astype(np.float32)
    shuffled = generator.permuted(rows, axis=-1).reshape(images.shape)
    noise = generator.uniform(0, 16, images.shape).astype(np.float32)
    return dict(zip(UNLIKE, (shuffled, noise), strict=True))


def row(method: str) -> str:
    """Accuracy and NLL on the test images, and how well each score tells the others from them."""
    program = trained(method)
    metrics = program.evaluate()
    test = load_digits().test
    assert test is not None
    images = test.images
    known = program.predict(images)
    cells = [f"`{method}`", f"{metrics['accuracy']:.4f}", f"{metrics['nll']:.4f}"]
    for others in unlike(images).values():
        told = program.predict(others)
        is_other = np.repeat([0, 1], [len(images), len(others)])
        for score in ("entropy", "mutual_information"):
            scores = np.concatenate([getattr(known, score), getattr(told, score)])
            cells.append(f"{roc_auc_score(is_other, scores):.4f}")
    return "| " + " | ".join(cells) + " |"


def table() -> str:
    """The whole page."""
    scores = [f"{other}, by {by}" for other in UNLIKE for by in ("entropy", "mutual information")]
    columns = ["method", "accuracy", "NLL", *scores]
    assert __doc__ is not None
    return "\n".join(
        [
            "# Which methods know images that are unlike all digits",
            "",
            __doc__.partition("\n\n")[2].strip(),
            "",
            f"Seed 0, {machine()}",
            "",
            f"| {' | '.join(columns)} |",
            f"|---{'|---:' * (len(columns) - 1)}|",
            *(row(method) for method in SPECS),
            "",
        ]
    )


def main() -> None:
    """Print the page, and write it where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    made = table()
    print(made)
    if arguments.table is not None:
        arguments.table.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
