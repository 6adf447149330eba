"""Fashion-MNIST as 70,000 PNG files and as TFRecord, streamed, against the same images in memory.

    python benchmarks/streamed_fashion_mnist.py [--epochs 15] [--rows 60000] [--table FILE]

Writes the images into class folders of PNG files, and into TFRecord files of 10,000 PNG images each,
in a temporary place (or `--place`, where they stay). Trains the LeNet-5 of the gallery on each, read
in every epoch, and on the IDX files in memory, and evaluates all of them on the test images.

The rows of the TFRecord files have the order of the IDX files, so the training on them must end in
the same weights, bit for bit. Class folders have another order, and so other batches: their figures
may differ as those of another seed do, which a training of the images in memory by another seed
shows.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.outcomes import machine  # sets TensorFlow's log level

import tensorflow as tf  # isort: skip

import bnnc
from bnnc.runtime.data import load
from bnnc.runtime.data.dataset import Split

GALLERY = Path(bnnc.__file__).parent / "specs" / "gallery" / "fashion-lenet5-flipout.yaml"
SHARD = 10_000
FIGURES = ("accuracy", "nll", "ece")
Arrays = list[npt.NDArray[Any]]


@dataclass(frozen=True)
class Trained:
    """A training, and what it came to."""

    weights: Arrays
    figures: dict[str, float]
    errors: dict[str, float]
    rate: float


def encoded(image: npt.NDArray[np.uint8]) -> bytes:
    """The PNG file of a gray image [28, 28, 1]."""
    file = io.BytesIO()
    Image.fromarray(image[..., 0]).save(file, "PNG")
    return file.getvalue()


def example(image: bytes, label: int) -> bytes:
    """A `tf.train.Example` with an image file and a class index."""
    features = {
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    made: bytes = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
    return made


def write_files(place: Path, part: str, split: Split) -> None:
    """Write the images of a part as files in class folders, and as records."""
    records = place / "records"
    records.mkdir(parents=True, exist_ok=True)
    shards = -(-len(split.images) // SHARD)
    for shard in range(shards):
        file = records / f"{part}-{shard:05d}-of-{shards:05d}.tfrecord"
        with tf.io.TFRecordWriter(str(file)) as writer:
            for row in range(shard * SHARD, min((shard + 1) * SHARD, len(split.images))):
                image, label = encoded(split.images[row]), int(split.labels[row])
                writer.write(example(image, label))
                png = place / "folder" / part / str(label) / f"{row:05d}.png"
                png.parent.mkdir(parents=True, exist_ok=True)
                png.write_bytes(image)


def trained(data: dict[str, Any] | None, epochs: int, seed: int, rows: Split | None) -> Trained:
    """Train and evaluate the LeNet-5 on a source, or on arrays."""
    changes: dict[str, Any] = {"training.epochs": epochs, "training.seed": seed}
    if data is not None:
        changes["data"] = data
    program = bnnc.compile(GALLERY, set=changes)
    began = time.perf_counter()
    if rows is None:
        program.fit(verbose=2)
    else:
        program.fit(rows.images, rows.labels, verbose=2)
    seconds = time.perf_counter() - began
    found = program.evaluate("fashion-mnist" if rows is not None else None)
    count = program.manifest["trained"]["rows"] * epochs
    return Trained(
        [np.asarray(one) for one in program.model.weights],
        {name: float(found[name]) for name in FIGURES},
        {name: float(found.standard_errors[name]) for name in FIGURES},
        count / seconds,
    )


def has_weights_of(one: Trained, other: Trained) -> bool:
    """Whether two trainings end in the same weights, bit for bit."""
    return all(map(np.array_equal, one.weights, other.weights))


def line(name: str, one: Trained, first: Trained) -> str:
    """A row of the table."""
    cells = [f"{one.figures[key]:.4f} ± {one.errors[key]:.4f}" for key in FIGURES]
    same = "yes" if has_weights_of(one, first) else "no"
    return f"| {name} | {' | '.join(cells)} | {one.rate:,.0f} | {same} |"


def main() -> None:
    """Write the files, train, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--place", type=Path)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    data = load("fashion-mnist")
    assert data.test is not None
    train = Split(data.train.images[: given.rows], data.train.labels[: given.rows])
    with tempfile.TemporaryDirectory() as temporary:
        place = given.place or Path(temporary)
        began = time.perf_counter()
        for part, split in (("train", train), ("test", data.test)):
            write_files(place, part, split)
        print(f"files written in {time.perf_counter() - began:.0f} s", flush=True)
        streamed = {"streaming": True}
        sources: dict[str, tuple[dict[str, Any] | None, int, Split | None]] = {
            "IDX files, in memory": (None, 0, train),
            "TFRecord, streamed": ({"source": str(place / "records"), **streamed}, 0, None),
            "PNG files, streamed": ({"source": str(place / "folder"), **streamed}, 0, None),
            "IDX files, in memory, another seed": (None, 1, train),
        }
        found: dict[str, Trained] = {}
        for name, (source, seed, rows) in sources.items():
            print(name, flush=True)
            found[name] = trained(source, given.epochs, seed, rows)
    first = next(iter(found.values()))
    lines = [
        "# Fashion-MNIST, streamed and in memory\n",
        f"{machine()} LeNet-5 with flipout, {given.epochs} epochs of {given.rows:,} images, 10,000 "
        "test images. The speed is that of the whole training, on a machine that was not idle.\n",
        f"    python benchmarks/streamed_fashion_mnist.py --epochs {given.epochs} --table "
        "benchmarks/streamed_fashion_mnist.md\n",
        "| images | accuracy | NLL | ECE | images/s | the weights of the first |",
        "|---|---:|---:|---:|---:|---|",
        *(line(name, one, first) for name, one in found.items()),
    ]
    print("\n".join(lines))
    if given.table is not None:
        given.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
