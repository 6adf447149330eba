"""Dense whose kernel is made random."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.laplace import Laplace
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Dense(KernelOperation, keras.layers.Dense):
    """`keras.layers.Dense`, as a method asks for it."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)

    @property
    def output_channels(self) -> int:
        """Number of units."""
        return int(self.units)

    @property
    def kernels_stand_side_by_side(self) -> bool:
        """Always: every column of the kernel is one unit."""
        return True

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Multiply the last axis of `inputs` by `kernel`."""
        return keras.ops.matmul(inputs, kernel)

    def sum_of_ops(self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]) -> tf.Tensor:
        """Multiply each of `inputs`, all at once."""
        return self.joined_sum_of_ops(inputs, kernels)

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether there are axes between the batch and the features."""
        return len(inputs.shape) > 2


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalDense(Variational, _Dense):
    """`keras.layers.Dense` with a normal posterior over its kernel.

    Args:
        units: number of output features.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.Dense`, the kernel's
            initializer, HeNormal if not given, being that of the means.

    Input shape: [batch, ..., features].
    Output shape: [batch, ..., units].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class Rank1Dense(Rank1, _Dense):
    """`keras.layers.Dense` with a rank-1 posterior: normal factors of its channels.

    Args:
        units: number of output features.
        **kwargs: `members`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Rank1`; all else as in `keras.layers.Dense`, the
            kernel's initializer being HeNormal if not given.

    Input shape: [batch, ..., features].
    Output shape: [batch, ..., units].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class BatchEnsembleDense(BatchEnsemble, _Dense):
    """`keras.layers.Dense` as an ensemble of members with one kernel.

    Args:
        units: number of output features.
        **kwargs: `members` and `seed` as in `bnnc.runtime.layers.BatchEnsemble`; all else as in
            `keras.layers.Dense`, the kernel's initializer being HeNormal if not given.

    Input shape: [batch, ..., features].
    Output shape: [batch, ..., units].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class SpectralNormalizedDense(SpectralNormalization, _Dense):
    """`keras.layers.Dense` whose spectral norm is held below a bound.

    Args:
        units: number of output features.
        **kwargs: `norm_multiplier` and `seed` as in `bnnc.runtime.layers.SpectralNormalization`;
            all else as in `keras.layers.Dense`, the kernel's initializer being HeNormal if not
            given.

    Input shape: [batch, ..., features].
    Output shape: [batch, ..., units].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class LaplaceDense(Laplace, _Dense):
    """`keras.layers.Dense` with a Laplace approximation of the posterior of kernel and bias.

    Args:
        units: number of output features.
        **kwargs: `hessian`, `prior_scale` and `seed` as in `bnnc.runtime.layers.Laplace`; all else
            as in `keras.layers.Dense`, the kernel's initializer being HeNormal if not given.

    Input shape: [batch, features].
    Output shape: [batch, units].
    Raises: ValueError for an argument out of range.
    """
