"""TFRecord files of small images, written by TensorFlow itself."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from bnnc.specs.data import Reading

RNG = np.random.default_rng(70)
IMAGES = RNG.integers(0, 17, (20, 6, 6, 1), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
LABELS = np.arange(20) % 3


def feature(values: Any) -> Any:
    """A `tf.train.Feature` of bytes, text, floating-point numbers or whole numbers, one or many."""
    import tensorflow as tf

    if isinstance(values, bytes | str):
        value = values.encode() if isinstance(values, str) else values
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    array = np.atleast_1d(values)
    if array.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=array.ravel()))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=array.ravel()))


def example(**features: Any) -> bytes:
    """A serialized `tf.train.Example`; `__` in the name of a feature is a slash."""
    import tensorflow as tf

    named = {name.replace("__", "/"): feature(value) for name, value in features.items()}
    made: bytes = tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString()
    return made


def write_records(path: Path, examples: Iterable[bytes], compression: str = "") -> Path:
    """Write a TFRecord file."""
    import tensorflow as tf

    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression)) as file:
        for one in examples:
            file.write(one)
    return path


def encoded(pixels: npt.NDArray[Any], form: str = "PNG") -> bytes:
    """The bytes of an image file of pixels [height, width, 1 or 3]."""
    file = BytesIO()
    Image.fromarray(pixels if pixels.shape[-1] == 3 else pixels[..., 0]).save(file, form)
    return file.getvalue()


def folder(root: Path, *parts: str) -> Path:
    """Two shards of each part; three rows of the first part are in the second shard."""
    for part in parts or ("train",):
        for shard, rows in enumerate((range(17), range(17, 20))):
            name = f"{part}-0000{shard}-of-00002.tfrecord"
            made = (example(image=encoded(IMAGES[row]), label=LABELS[row]) for row in rows)
            write_records(root / name, made)
    return root


def one(root: Path, rows: Any, **reading: Any) -> tuple[Path, Reading]:
    return write_records(root / "data.tfrecord", (example(**row) for row in rows)), Reading(
        **reading
    )


def rows_of(images: Any, labels: Any = LABELS) -> Any:
    for image, label in zip(images, labels, strict=True):
        yield {"image": image, "label": label}
