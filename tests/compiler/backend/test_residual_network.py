"""A residual network of the gallery, built and trained for one step."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import bnnc


def test_resnet20_of_the_gallery_takes_a_step() -> None:
    path = Path(bnnc.__file__).parent / "specs" / "gallery" / "cifar10-resnet20.yaml"
    model = bnnc.compile(path).model
    assert sum(int(np.prod(one.shape)) for one in model.trainable_variables) == 269_722
    model.bind(rows=45_000, batch_size=2)
    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    before = [one.numpy() for one in model.trainable_variables]
    metrics = model.train_step((tf.constant(images), tf.constant([1, 7])))
    assert np.isfinite([float(one) for one in metrics.values()]).all()
    # The gradient reaches every weight, through bodies and shortcuts.
    moved = [
        not np.array_equal(old, new.numpy())
        for old, new in zip(before, model.trainable_variables, strict=True)
    ]
    assert all(moved)
