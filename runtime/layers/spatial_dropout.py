"""Dropout of whole channels, with indexed noise, that can stay active at prediction."""

from typing import Any

import keras

from bnnc.runtime.layers.dropout import Dropout


class _SpatialDropout(Dropout):
    """`Dropout` with one mask for all positions: a channel is dropped whole, or kept whole.

    Args, `seed` and `monte_carlo` among them, and noise as in `Dropout`.

    References: Tompson et al. 2015, arXiv:1411.4280.
    """

    dimensions: int

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(rate, noise_shape=(None, *(1,) * self.dimensions, None), **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = super().get_config()
        del config["noise_shape"]
        return config


@keras.saving.register_keras_serializable(package="bnnc")
class SpatialDropout1D(_SpatialDropout):
    """`keras.layers.SpatialDropout1D`. Input and output shape: [batch, steps, channels]."""

    dimensions = 1


@keras.saving.register_keras_serializable(package="bnnc")
class SpatialDropout2D(_SpatialDropout):
    """`keras.layers.SpatialDropout2D`. Input and output shape: [batch, height, width, channels]."""

    dimensions = 2


@keras.saving.register_keras_serializable(package="bnnc")
class SpatialDropout3D(_SpatialDropout):
    """`keras.layers.SpatialDropout3D`.

    Input and output shape: [batch, depth, height, width, channels].
    """

    dimensions = 3
