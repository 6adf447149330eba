"""Sources that Keras can download, from local files where they exist.

Looked for in this order: `$BNNC_DATA_HOME/<name>/` (IDX files or image folders),
`$BNNC_DATA_HOME/<name>.npz`, the folder of a system package, and last `keras.datasets`, which
keeps what it downloads in `~/.keras/datasets` and asks the network only once.
"""

import os
import sys
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Split, make_split
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.images import with_channels
from bnnc.runtime.data.known_source import KnownSource, refuse_unlike_known
from bnnc.runtime.data.local_path import load_path
from bnnc.specs.class_names import number_of
from bnnc.specs.sources import SOURCES

DATA_HOME = "BNNC_DATA_HOME"

# Debian and Ubuntu package the files: source name -> package, and the folder it installs.
SYSTEM_PACKAGES = {
    "fashion-mnist": ("dataset-fashion-mnist", Path("/usr/share/datasets/fashion-mnist")),
}


def load_known(name: str) -> Dataset:
    """Load one of this file's sources from local files or, failing these, through Keras.

    Raises: DataError when local files are not what the name says, and when the download fails.
    """
    known = _SOURCES[name]
    local = find_local(name)
    dataset = _local(local, known) if local is not None else _download(known)
    refuse_unlike_known(dataset, known)
    return replace(dataset, class_names=known.class_names)


def _local(path: Path, known: KnownSource) -> Dataset:
    dataset = load_path(path, name=known.name)
    found = dataset.class_names
    if found is not None and not _are_indices(found):
        # Class folders with names: sorted as text, their order is not the known one.
        dataset = load_path(path, name=known.name, classes=known.class_names)
    train, test = dataset.train, dataset.test
    return replace(
        dataset,
        train=replace(train, images=with_channels(train.images, known.shape)),
        test=test and replace(test, images=with_channels(test.images, known.shape)),
    )


def _are_indices(names: tuple[str, ...]) -> bool:
    return [number_of(name) for name in names] == list(range(len(names)))


def find_local(name: str) -> Path | None:
    """Find the files of a source on this machine, the user's own before a system package's."""
    candidates = []
    home = os.environ.get(DATA_HOME)
    if home:
        folder = Path(home).expanduser()
        candidates += [folder / name / f"{name}.npz", folder / name, folder / f"{name}.npz"]
    if name in SYSTEM_PACKAGES:
        candidates.append(SYSTEM_PACKAGES[name][1])
    return next((candidate for candidate in candidates if candidate.exists()), None)


def _download(known: KnownSource) -> Dataset:
    # Here rather than above: it imports TensorFlow, which local files do without.
    import keras

    module = known.name.replace("-", "_")
    try:
        # Keras shows its progress on standard output, which belongs to results.
        with redirect_stdout(sys.stderr):
            (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, module).load_data()
    except Exception as error:  # Keras raises a bare Exception where the network fails
        raise DataError(_no_download(known.name, error)) from error
    origin = f"keras.datasets.{module}"

    def split(images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> Split:
        # CIFAR's labels come as [N, 1].
        images = with_channels(images, known.shape)
        return make_split(images, np.reshape(labels, -1), images_where=origin, labels_where=origin)

    return Dataset(
        name=known.name,
        train=split(x_train, y_train),
        test=split(x_test, y_test),
        class_names=known.class_names,
        origin=origin,
    )


def _no_download(name: str, error: Exception) -> str:
    put = (
        f"put its files into ${DATA_HOME}/{name}/ as IDX, or into ${DATA_HOME}/{name}.npz as "
        "x_train, y_train, x_test and y_test"
    )
    ways = [put, "give the path of local data (--data PATH) instead of the name"]
    if name in SYSTEM_PACKAGES:
        ways.insert(0, f"install the package (apt-get install {SYSTEM_PACKAGES[name][0]})")
    listed = "; ".join(f"({number}) {way}" for number, way in enumerate(ways, start=1))
    return (
        f"{name}: not on this machine, and the download through keras.datasets failed "
        f"({type(error).__name__}: {error}). Ways out: {listed}."
    )


def _source(name: str, *, classes: str) -> KnownSource:
    class_names = tuple(line.strip() for line in classes.split(","))
    return KnownSource(
        **asdict(SOURCES[name]), load=partial(load_known, name), class_names=class_names
    )


# Reference: H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747.
FASHION_MNIST = _source(
    "fashion-mnist",
    classes="T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot",
)

# Reference: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Proceedings of the IEEE 86(11), 1998.
MNIST = _source("mnist", classes="0, 1, 2, 3, 4, 5, 6, 7, 8, 9")

# Reference for both: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
CIFAR10 = _source(
    "cifar10",
    classes="airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
)

CIFAR100 = _source(
    "cifar100",
    classes="""apple, aquarium_fish, baby, bear, beaver, bed, bee, beetle, bicycle, bottle, bowl,
        boy, bridge, bus, butterfly, camel, can, castle, caterpillar, cattle, chair, chimpanzee,
        clock, cloud, cockroach, couch, crab, crocodile, cup, dinosaur, dolphin, elephant, flatfish,
        forest, fox, girl, hamster, house, kangaroo, keyboard, lamp, lawn_mower, leopard, lion,
        lizard, lobster, man, maple_tree, motorcycle, mountain, mouse, mushroom, oak_tree, orange,
        orchid, otter, palm_tree, pear, pickup_truck, pine_tree, plain, plate, poppy, porcupine,
        possum, rabbit, raccoon, ray, road, rocket, rose, sea, seal, shark, shrew, skunk,
        skyscraper, snail, snake, spider, squirrel, streetcar, sunflower, sweet_pepper, table, tank,
        telephone, television, tiger, tractor, train, trout, tulip, turtle, wardrobe, whale,
        willow_tree, wolf, woman, worm""",
)

_SOURCES = {source.name: source for source in (FASHION_MNIST, MNIST, CIFAR10, CIFAR100)}
