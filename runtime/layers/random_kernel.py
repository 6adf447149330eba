"""The part that all layers that make something random of a Keras layer's kernel have in common."""

import random
from typing import Any, ClassVar

import keras
import tensorflow as tf

from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.noise import check_seed


class RandomKernel(KernelOperation):
    """Mixin that gives a Keras layer with a kernel a seed, and saves its variables by name.

    Stands before the Keras layer, a `KernelOperation`, among the bases, so that shapes, arguments
    and config stay Keras's.

    Args:
        seed: integer from 0 to 2**31 - 1 for the initial kernel and the noise; random if None.
            Layers with one seed share their noise, so give each its own, as
            `bnnc.runtime.noise.layer_seed` does.

    Raises: ValueError for a seed out of range, and for LoRA and quantization, which would replace
        the kernel behind the layer's back.
    """

    stochastic: ClassVar[bool] = True
    # Of the layer classes under the method: what their names begin with, and what they are behind
    # the name of Keras's class.
    name_prefix: ClassVar[str]
    summary: ClassVar[str]

    def __init__(self, *args: Any, seed: int | None = None, **kwargs: Any) -> None:
        for argument in ("lora_rank", "quantization_config"):
            if kwargs.get(argument) is not None:
                raise ValueError(
                    f"{type(self).__name__} cannot take `{argument}`; use the "
                    f"plain Keras layer. Received: {argument}={kwargs[argument]!r}"
                )
        # Drawn here and not left to the generator, so that it is part of the config and a loaded
        # layer takes the same noise. Python's generator, as Keras does: keras.utils.set_random_seed
        # covers it.
        seed = random.getrandbits(31) if seed is None else check_seed(seed)
        kwargs.setdefault(self.kernel_initializer_argument, self.he_normal(seed=seed))
        super().__init__(*args, **kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    # Prediction.

    def draws_weights(self, inputs: tf.Tensor) -> bool:
        """Say whether `side_by_side` gives what a prediction of these inputs takes."""
        del inputs
        return False

    def batched_outputs(self, inputs: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Return the outputs of several draws of the kernel, in one operation.

        Only where `supports_batched_kernels` and `draws_weights`, and where the activation sees
        every number alone. The draw of a key is that of `call` with this key.

        Shapes: inputs [batch, ..., channels], keys int32 [draws, 2] -> [batch, ..., draws *
        output channels], the channels of a draw next to each other.
        """
        read = self.read(inputs)
        kernels = self.drawn_kernels(keys)
        rank = len(kernels.shape)
        # [draws, ..., in, out] -> [..., in, draws * out]
        joined = tf.transpose(kernels, [*range(1, rank - 1), 0, rank - 1])
        shape = (*kernels.shape[1:-1], tf.shape(keys)[0] * self.output_channels)
        outputs = self.op(read, tf.cast(tf.reshape(joined, shape), read.dtype))
        if self.use_bias:
            biases = tf.reshape(self.drawn_biases(keys), [-1])
            outputs = tf.nn.bias_add(outputs, tf.cast(biases, read.dtype))
        if self.activation is not None:
            outputs = self.activation(outputs)
        return tf.cast(outputs, self.compute_dtype)

    def read(self, inputs: tf.Tensor) -> tf.Tensor:
        """What the kernel is applied to: the inputs in the compute type."""
        return tf.cast(inputs, self.compute_dtype)

    def drawn_kernels(self, keys: tf.Tensor) -> tf.Tensor:
        """Draws of the kernel for a prediction. Shapes: int32 [draws, 2] -> float32 [draws, ...]."""
        raise AssertionError("asked for draws that the layer does not take")

    def drawn_biases(self, keys: tf.Tensor) -> tf.Tensor:
        """The bias for each of these draws: [draws, 2] -> [draws, output channels]."""
        return tf.tile(tf.convert_to_tensor(self.bias)[tf.newaxis], [tf.shape(keys)[0], 1])

    # Saving. Keras's own layers store kernel and bias by position and nothing else.

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}

    def save_own_variables(self, store: Any) -> None:
        """Store every variable of the layer under its name."""
        for name, variable in self._own_variables().items():
            store[name] = variable

    def load_own_variables(self, store: Any) -> None:
        """Assign every variable of the layer from what is stored under its name.

        Raises: ValueError if the stored names are not those of this layer's variables.
        """
        variables = self._own_variables()
        if set(store.keys()) != set(variables):
            raise ValueError(
                f"Expected the variables {sorted(variables)} for layer {self.name!r}. "
                f"Received: {sorted(store.keys())}"
            )
        for name, variable in variables.items():
            variable.assign(store[name])

    def _own_variables(self) -> dict[str, keras.Variable]:
        return {variable.name: variable for variable in self.weights}

    # What Keras offers on its kernel and such a layer cannot bear.

    def enable_lora(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: the kernel would no longer be the one that the layer knows."""
        raise ValueError(f"{type(self).__name__} cannot take LoRA; use the plain Keras layer.")

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: what is random about the kernel is float32."""
        raise ValueError(f"{type(self).__name__} cannot be quantized; use the plain Keras layer.")
