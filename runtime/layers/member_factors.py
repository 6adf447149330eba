"""The part that layers with one kernel and many members have in common."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from bnnc.runtime.layers.random_kernel import RandomKernel
from bnnc.runtime.noise import Kind, current_draw, next_layer_key
from bnnc.runtime.row_noise import rows_here


class MemberFactors(RandomKernel):
    """Mixin that makes members of one kernel by a factor for each channel in, and for each out.

    Member k has the kernel W ∘ r sᵀ: its outputs are op(inputs * r, W) * s + bias, r being a
    vector over the input channels, s one over the output channels, and the bias the member's own.
    The kernel is Keras's own variable, shared and deterministic.

    In training the rows of a batch are dealt out in turn: row i of the batch is seen by
    member i mod members.
    A draw of kind `"weights"` is one member for all rows, sample number s being member
    s mod members.

    Args:
        members: number of members, at least 1.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`.

    A subclass adds `add_factors` and `factors`.
    """

    # Weight decay would take factors to 0, and the kernels with them.
    not_decayed: ClassVar[tuple[str, ...]] = ("input_factor", "output_factor")

    def __init__(self, *args: Any, members: int = 4, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(members, int) or isinstance(members, bool) or members < 1:
            raise ValueError(
                f"Expected `members` to be an integer of at least 1. Received: members={members!r}"
            )
        self.members = members

    def add_factors(self, name: str, channels: int) -> None:
        """Create the variables of the factors [members, channels] that are called `name`."""
        raise AssertionError("every such layer says what its factors are made of")

    def factors(self, name: str, member: "MemberOfRows", key: tf.Tensor) -> tf.Tensor:
        """The factors of every row: float32 [rows, channels], rows being 1 where all share them."""
        raise AssertionError("every such layer says what its factors are")

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a variable; the bias once for every member."""
        if kwargs.get("name") == "bias":
            kwargs["shape"] = (self.members, *kwargs["shape"])
        return super().add_weight(*args, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Create Keras's own variables, then those of the factors."""
        super().build(input_shape)
        self.add_factors("input_factor", input_shape[self.channel_axis])
        self.add_factors("output_factor", self.output_channels)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(op(inputs * r, kernel) * s + bias), each row with its member's."""
        inputs = tf.cast(inputs, self.compute_dtype)
        key, kind = next_layer_key(self.seed, self.seed_generator)
        member = MemberOfRows(self.members, kind, tf.shape(inputs)[0])
        into_key, out_key = tf.unstack(tf.random.split(key, 2))

        def broadcast(numbers: tf.Tensor) -> tf.Tensor:
            shape = self.by_channel(inputs, tf.shape(numbers)[0], numbers.shape[-1])
            return tf.reshape(tf.cast(numbers, inputs.dtype), tf.stack(shape))

        into = broadcast(self.factors("input_factor", member, into_key))
        out = broadcast(self.factors("output_factor", member, out_key))
        outputs = self.op(inputs * into, tf.cast(self.kernel, inputs.dtype)) * out
        if self.use_bias:
            outputs += broadcast(member.of(tf.convert_to_tensor(self.bias)))
        if self.activation is not None:
            outputs = self.activation(outputs)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "members": self.members}


class MemberOfRows:
    """Which member the rows of a batch are seen by."""

    def __init__(self, members: int, kind: Kind, rows: tf.Tensor) -> None:
        self.members = members
        self.rows = rows
        draw = current_draw()
        self.shared = draw.index % members if kind == "weights" and draw is not None else None

    def of(self, numbers: tf.Tensor) -> tf.Tensor:
        """Shapes: [members, ...] -> [rows, ...]; [1, ...] where one member sees all rows."""
        if self.shared is not None:
            return tf.gather(numbers, self.shared[tf.newaxis])
        # Repeated and cut rather than gathered: the gradient is a plain sum, of one order.
        here, others = rows_here(), [1] * (numbers.shape.rank - 1)
        if here is None:
            return tf.tile(numbers, [-(-self.rows // self.members), *others])[: self.rows]
        first = here.first % self.members
        repeats = -(-(first + self.rows) // self.members)
        return tf.tile(numbers, [repeats, *others])[first : first + self.rows]
