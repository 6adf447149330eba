"""A zero-padded shortcut is its input at some positions, and zeros."""

import keras
import numpy as np
import pytest

from bnnc.runtime.layers.zero_padded_shortcut import ZeroPaddedShortcut


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 4, 2), (6, 7, 3)])
@pytest.mark.parametrize("strides", [1, 2, (3, 1)])
@pytest.mark.parametrize("added", [0, 2])
def test_a_shortcut_takes_positions_as_a_1x1_convolution_of_its_strides_does(
    shape: tuple[int, int, int], strides: int | tuple[int, int], added: int
) -> None:
    images = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    channels = shape[-1] + added
    layer = ZeroPaddedShortcut(channels, strides)
    twin = keras.layers.Conv2D(channels, 1, strides, padding="same", use_bias=False)
    twin.build(images.shape)
    twin.kernel.assign(np.eye(shape[-1], channels)[None, None])
    received = np.asarray(layer(images))
    np.testing.assert_array_equal(received, np.asarray(twin(images)))
    assert layer.compute_output_shape(images.shape) == received.shape
    again = ZeroPaddedShortcut.from_config(layer.get_config())
    np.testing.assert_array_equal(again(images), received)


def test_a_row_gets_zeros_behind_its_features() -> None:
    received = ZeroPaddedShortcut(3)(np.array([[1.0, 2.0]], np.float32))
    np.testing.assert_array_equal(received, [[1, 2, 0]])


def test_more_channels_than_it_may_give_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 2 channels"):
        ZeroPaddedShortcut(2)(np.zeros((1, 3), np.float32))
