"""Which images `bnnc data` calls odd: of real data sets as they are, and of images made odd.

    python benchmarks/odd_images.py [--table benchmarks/odd_images.md]

The first column counts what is found among the images as they are. The others are the share that is
found of 2,000 images of the set, each changed by itself and compared with the set as it is: inverted,
of a quarter of their contrast around their mean, of a thousandth of it, and of one value. An image
that is changed counts as found whatever the word for it. Crops are 32 × 32 pixels of scikit-learn's
two photographs, cut out at sizes from 32 to 200: they have no usual brightness of the border, so that
an inverted one cannot be told. Takes ten seconds.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.outcomes import machine
from bnnc.runtime.data import load
from bnnc.runtime.data.survey.moments import row_moments
from bnnc.runtime.data.survey.odd import Looks, odd_images, polarity

Images = npt.NDArray[np.float32]
COUNT = 2_000


def crops(count: int, size: int = 32) -> npt.NDArray[np.uint8]:
    """Crops of two photographs, [count, size, size, 3]."""
    from sklearn.datasets import load_sample_images

    photographs, random = load_sample_images().images, np.random.default_rng(0)
    found = []
    for _ in range(count):
        photograph = photographs[random.integers(2)]
        side = int(random.integers(size, 200))
        top = random.integers(photograph.shape[0] - side)
        left = random.integers(photograph.shape[1] - side)
        places = np.arange(size) * side // size
        found.append(photograph[top : top + side, left : left + side][places][:, places])
    return np.stack(found)


def looks(images: npt.NDArray[np.generic]) -> Looks:
    """The three numbers of each image, as a survey has them."""
    each = row_moments(images)
    return Looks(each.brightness, each.contrast, polarity(images, each.contrast))


def changes(low: float, high: float) -> dict[str, Callable[[Images], Images]]:
    """What is done to images of a range, by name."""

    def nearer(images: Images, share: float) -> Images:
        mean = images.mean(axis=(1, 2, 3), keepdims=True)
        moved: Images = mean + share * (images - mean)
        return moved

    return {
        "inverted": lambda images: low + high - images,
        "quarter of the contrast": lambda images: nearer(images, 0.25),
        "thousandth of the contrast": lambda images: nearer(images, 0.001),
        "one value": lambda images: np.full_like(images, (low + high) / 3),
    }


def row(name: str, images: npt.NDArray[np.generic]) -> list[str]:
    """What is found in a set, as cells of the table."""
    usual, values = looks(images), (float(images.min()), float(images.max()))
    as_is = len(list(odd_images(usual, usual, values)))
    some = images[:: max(len(images) // COUNT, 1)][:COUNT].astype(np.float32)
    shares = [
        len(list(odd_images(looks(change(some)), usual, values))) / len(some)
        for change in changes(*values).values()
    ]
    return [name, f"{len(images):,}", f"{as_is:,}", *(f"{share:.1%}" for share in shares)]


def table() -> str:
    """The whole page."""
    assert __doc__ is not None
    digits, clothes = load("digits"), load("fashion-mnist")
    assert clothes.test is not None
    rows = [
        row("digits", digits.train.images),
        row("fashion-mnist, train", clothes.train.images),
        row("fashion-mnist, test", clothes.test.images),
        row("crops of photographs", crops(20_000)),
    ]
    columns = ["images", "rows", "odd as they are", *changes(0, 1)]
    return "\n".join(
        [
            "# Which images are called odd",
            "",
            __doc__.partition("\n\n")[2].strip(),
            "",
            machine(),
            "",
            f"| {' | '.join(columns)} |",
            f"|---{'|---:' * (len(columns) - 1)}|",
            *(f"| {' | '.join(cells)} |" for cells in rows),
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
