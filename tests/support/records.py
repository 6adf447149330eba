"""TFRecord files of small images, written by TensorFlow itself."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image


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
