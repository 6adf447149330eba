"""How fast image files are streamed, against tf.data and Keras on the same files.

    python benchmarks/streaming.py [--images 4000] [--sizes 96 224] [--rounds 5] [--table FILE]

Writes folders of JPEG photographs (smooth noise, quality 90) to a temporary place, and goes through
them batch by batch with every pipeline in turn, in rounds, in one process. A pipeline is ready when
its first batch has come; the rate is that of the rest of the epoch. Shown are medians, and the
median of the ratios of the rounds.

tf.data is written by hand: file names shuffled as a whole, `tf.io.decode_jpeg` in parallel on all
cores, batched and prefetched, in a fixed order. Keras is `image_dataset_from_directory` with its
defaults, at the size of the files. Pillow is what bnnc falls back to for other files than whole JPEG
and PNG files of 8 bits: its threads, without TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.outcomes import machine  # sets TensorFlow's log level

import keras  # isort: skip
import tensorflow as tf  # isort: skip

from bnnc.runtime.data import load
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.specs.data import Reading

BATCH = 64
CLASSES = 10
Pipeline = Callable[[Path, int], Iterator[Any]]


def write_images(folder: Path, images: int, size: int) -> None:
    """Write JPEG files of a size into class folders."""
    generator = np.random.default_rng(size)
    for number in range(images):
        path = folder / f"class{number % CLASSES}" / f"{number:07}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = generator.integers(0, 256, (size // 8, size // 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC).save(
            path, quality=90
        )


def ours(folder: Path, epoch: int) -> Iterator[Any]:
    """The batches of `data.streaming`."""
    train = load(folder, reading=Reading(streaming=True)).train
    return iter(ArrayBatches(train.images, train.labels, BATCH, seed=0).epoch(epoch))


def by_hand(folder: Path, epoch: int) -> Iterator[Any]:
    """The batches of a pipeline that is tuned by hand."""
    names = sorted(path for child in sorted(folder.iterdir()) for path in child.iterdir())
    classes = sorted(child.name for child in folder.iterdir())
    labels = np.array([classes.index(path.parent.name) for path in names])
    order = np.random.default_rng(epoch).permutation(len(names))
    files = np.array([str(path) for path in names])[order]

    def decode(file: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.io.decode_jpeg(tf.io.read_file(file), channels=3), label

    return iter(
        tf.data.Dataset.from_tensor_slices((files, labels[order]))
        .map(decode, num_parallel_calls=os.cpu_count(), deterministic=True)
        .batch(BATCH)
        .map(lambda images, labels: (tf.cast(images, tf.float32), labels))
        .prefetch(2)
    )


def of_keras(folder: Path, epoch: int) -> Iterator[Any]:
    """The batches of `keras.utils.image_dataset_from_directory`."""
    with Image.open(next(folder.rglob("*.jpg"))) as image:
        size = (image.height, image.width)
    return iter(
        keras.utils.image_dataset_from_directory(
            folder, image_size=size, batch_size=BATCH, seed=epoch, verbose=False
        )
    )


def by_pillow(folder: Path, epoch: int) -> Iterator[Any]:
    """The same batches, every file decoded by Pillow in threads."""
    train = load(folder, reading=Reading(streaming=True)).train
    order = np.random.default_rng(epoch).permutation(len(train.labels))
    for first in range(0, len(order), BATCH):
        rows = order[first : first + BATCH]
        yield np.asarray(train.images[rows], np.float32), train.labels[rows]


PIPELINES: dict[str, Pipeline] = {
    "bnnc": ours,
    "tf.data": by_hand,
    "keras": of_keras,
    "Pillow": by_pillow,
}


def measured(pipeline: Pipeline, folder: Path, epoch: int) -> tuple[float, float]:
    """Seconds until the first batch, and images a second after it."""
    began = time.perf_counter()
    batches = pipeline(folder, epoch)
    next(batches)
    first = time.perf_counter()
    rows = sum(len(images) for images, _ in batches)
    return first - began, rows / (time.perf_counter() - first)


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[96, 224])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    lines = [
        "# How fast image files are streamed\n",
        f"{machine()} {given.images:,} JPEG files of each size, batches of {BATCH}, medians of "
        f"{given.rounds} rounds, interleaved.\n",
        "    python benchmarks/streaming.py --table benchmarks/streaming.md\n",
        "| pixels | pipeline | first batch, s | images/s | bnnc / it |",
        "|---|---|---:|---:|---:|",
    ]
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_images(folder, given.images, size)
            rounds = []
            for epoch in range(given.rounds + 1):
                found = {name: measured(one, folder, epoch) for name, one in PIPELINES.items()}
                if epoch:  # the first fills the caches
                    rounds.append(found)
        for name in PIPELINES:
            first, rate = (statistics.median(one[name][i] for one in rounds) for i in (0, 1))
            ratio = statistics.median(one["bnnc"][1] / one[name][1] for one in rounds)
            lines.append(f"| {size} | {name} | {first:.2f} | {rate:,.0f} | {ratio:.2f} |")
    print("\n".join(lines))
    if given.table is not None:
        given.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
