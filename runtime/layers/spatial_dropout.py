"""Dropout of whole channels, with indexed noise, that can stay active at prediction."""

from inspect import cleandoc
from typing import Any

import keras

from bnnc.runtime.layers.dropout import Dropout

_ARGUMENTS = """\
Args:
    rate: fraction of the channels set to zero, at least 0 and below 1.
    monte_carlo: whether to drop channels at prediction too.
    seed: integer from 0 to 2**31 - 1; random if None."""


class _SpatialDropout(Dropout):
    """`Dropout` with one mask for all positions: a channel is dropped whole, or kept whole.

    Args, `seed` and `monte_carlo` among them, and noise as in `Dropout`.

    References: Tompson et al. 2015, arXiv:1411.4280.
    """

    dimensions: int

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give a layer's docstring the arguments, which are the same for all."""
        super().__init_subclass__(**kwargs)
        cls.__doc__ = f"{cleandoc(cls.__doc__ or '')}\n\n{_ARGUMENTS}"

    def __init__(
        self,
        rate: float,
        *,
        monte_carlo: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        shape = (None, *(1,) * self.dimensions, None)
        super().__init__(rate, monte_carlo=monte_carlo, noise_shape=shape, seed=seed, **kwargs)

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
