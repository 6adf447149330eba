"""Members that share a kernel, each with factors and a bias of its own that are learned."""

from typing import Any, ClassVar

import tensorflow as tf

from bnnc.runtime.layers.member_factors import MemberFactors, MemberOfRows
from bnnc.runtime.noise import layer_seed


class BatchEnsemble(MemberFactors):
    """Mixin that makes a Keras layer an ensemble of members with one kernel.

    The factors are weights. Each starts at +1 or -1 with equal probability, so that the members
    are different functions from the first step on.

    Args:
        members: number of members, at least 1.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`; of the signs too.

    References: Wen, Tran and Ba 2020, arXiv:2002.06715.
    """

    name_prefix: ClassVar[str] = "BatchEnsemble"
    summary: ClassVar[str] = "as an ensemble of members with one kernel"

    @property
    def distinct_draws(self) -> int:
        """How many draws of kind `"weights"` there are, before they repeat."""
        return self.members

    def add_factors(self, name: str, channels: int) -> None:
        """Create one weight for each factor."""

        def signs(shape: tuple[int, ...], dtype: Any = None) -> tf.Tensor:
            key = tf.constant([layer_seed(self.seed, name), 0])
            bits = tf.random.stateless_uniform(shape, key, 0, 2, tf.int32)
            return tf.cast(2 * bits - 1, dtype or "float32")

        variable = self.add_weight(name=name, shape=(self.members, channels), initializer=signs)
        setattr(self, name, variable)

    def factors(self, name: str, member: MemberOfRows, key: tf.Tensor) -> tf.Tensor:
        """The factors of each row's member."""
        del key
        return member.of(tf.convert_to_tensor(getattr(self, name)))
