"""A layer whose normal posterior is fitted after training, around the weights that it found."""

from typing import Any, ClassVar, Literal

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.evidence import best_prior_scale
from bnnc.runtime.layers.random_kernel import RandomKernel
from bnnc.runtime.noise import current_draw, next_layer_key, normal
from bnnc.runtime.softplus import check_scale

Hessian = Literal["full", "kronecker"]


class Laplace(RandomKernel):
    """Mixin that gives a dense Keras layer a Laplace approximation of its posterior.

    In training the layer is Keras's own. Then `fit_posterior` takes the posterior N(w, (H + I/s²)⁻¹)
    of the weights w, kernel and bias together, with s the prior's scale and H the generalised
    Gauss-Newton matrix Σ φφᵀ ⊗ F over the rows: φ is what the layer reads, with a 1 behind it for
    the bias, and F what a label tells of the outputs. H is `full`, or `kronecker`:
    (Σ φφᵀ) ⊗ (Σ F) / rows. A draw of kind `"weights"` takes the weights from it.

    Before any training the posterior is as wide as the prior. While a training is under way there
    is none, and every draw has the weights as they are.

    Args:
        hessian: "full" or "kronecker".
        prior_scale: standard deviation of every weight under the prior; None for the one with the
            most evidence.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`.

    Raises: ValueError for another Hessian, or a scale that is none.
    References: MacKay 1992, doi:10.1162/neco.1992.4.3.448; Daxberger et al. 2021,
        arXiv:2106.14806; Ritter et al. 2018 for the Kronecker factors.
    """

    name_prefix: ClassVar[str] = "Laplace"
    summary: ClassVar[str] = (
        "with a Laplace approximation of the posterior of kernel and bias, for inputs of one axis"
    )

    def __init__(
        self,
        *args: Any,
        hessian: Hessian = "kronecker",
        prior_scale: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if hessian not in {"full", "kronecker"}:
            raise ValueError(
                f"Expected `hessian` to be 'full' or 'kronecker'. Received: hessian={hessian!r}"
            )
        self.hessian = hessian
        self.prior_scale = None if prior_scale is None else check_scale("prior_scale", prior_scale)

    def build(self, input_shape: Any) -> None:
        """Create Keras's own variables, then the posterior: as wide as the prior."""
        super().build(input_shape)
        start = 1.0 if self.prior_scale is None else self.prior_scale
        inputs, units = input_shape[-1] + int(self.use_bias), self.output_channels
        self.current_prior_scale = self._fixed("current_prior_scale", (), start)
        if self.hessian == "full":
            self.covariance_root = self._fixed("covariance_root", (inputs * units,) * 2, start)
            return
        self.input_eigenvectors = self._fixed("input_eigenvectors", (inputs, inputs), 1.0)
        self.output_eigenvectors = self._fixed("output_eigenvectors", (units, units), 1.0)
        self.eigen_scales = self.add_weight(
            name="eigen_scales",
            shape=(inputs, units),
            initializer=keras.initializers.Constant(start),
            **_FIXED,
        )

    def _fixed(self, name: str, shape: tuple[int, ...], value: float) -> keras.Variable:
        """A variable that no gradient changes: a number, or that multiple of the identity."""
        initializer = (
            keras.initializers.Identity(value) if shape else keras.initializers.Constant(value)
        )
        return self.add_weight(name=name, shape=shape, initializer=initializer, **_FIXED)

    def call(self, inputs: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """The outputs of the weights as they are, and at prediction of a draw of them."""
        inputs = tf.cast(inputs, self.compute_dtype)
        kernel = tf.convert_to_tensor(self.kernel)
        bias = tf.convert_to_tensor(self.bias) if self.use_bias else None
        draw = current_draw()
        # The estimator of the loss has no noise, neither in training nor in its validation.
        if not training and (draw is None or draw.kind == "weights"):
            key, _ = next_layer_key(self.seed, self.seed_generator)
            noise = tf.cast(self.noise(key), kernel.dtype)
            kernel += noise[: kernel.shape[0]]
            bias = None if bias is None else bias + noise[-1]
        outputs = self.op(inputs, kernel)
        if bias is not None:
            outputs += bias
        return outputs if self.activation is None else self.activation(outputs)

    def noise(self, key: tf.Tensor) -> tf.Tensor:
        """One draw from the posterior around 0, the bias being the last row.

        Shapes: key int32 [2] -> float32 [inputs, units].
        """
        shape = (self.kernel.shape[0] + int(self.use_bias), self.output_channels)
        standard = normal(shape, key)
        if self.hessian == "full":
            flat = tf.linalg.matvec(self.covariance_root, tf.reshape(standard, [-1]))
            return tf.reshape(flat, shape)
        of_inputs = tf.convert_to_tensor(self.input_eigenvectors)
        of_outputs = tf.convert_to_tensor(self.output_eigenvectors)
        # The symmetric root: it depends on no sign or order of the eigenvectors.
        turned = tf.matmul(of_inputs, tf.matmul(standard, of_outputs), transpose_a=True)
        scaled = turned * tf.convert_to_tensor(self.eigen_scales)
        return tf.matmul(tf.matmul(of_inputs, scaled), of_outputs, transpose_b=True)

    # What is fitted after training, as `bnnc.runtime.training.fitting` asks for it.

    def before_activation(self, inputs: tf.Tensor) -> tf.Tensor:
        """The outputs of the weights as they are. Shapes: [rows, features] -> [rows, units]."""
        outputs = self.op(tf.cast(inputs, tf.float32), tf.convert_to_tensor(self.kernel))
        return outputs + tf.convert_to_tensor(self.bias) if self.use_bias else outputs

    def information(self, inputs: tf.Tensor, fisher: tf.Tensor) -> dict[str, tf.Tensor]:
        """H of these rows, or the sums that it is the product of.

        Shapes: [rows, features], [rows, units, units] -> whole [inputs * units, inputs * units];
        or inputs [inputs, inputs], outputs [units, units], and the number of rows.
        """
        read = tf.cast(inputs, tf.float32)
        if self.use_bias:
            read = tf.pad(read, [[0, 0], [0, 1]], constant_values=1.0)
        if self.hessian == "full":
            size = read.shape[-1] * fisher.shape[-1]
            whole = tf.einsum("bi,bkl,bj->ikjl", read, fisher, read)
            return {"whole": tf.reshape(whole, (size, size))}
        return {
            "inputs": tf.matmul(read, read, transpose_a=True),
            "outputs": tf.reduce_sum(fisher, axis=0),
            "rows": tf.cast(tf.shape(read)[0], tf.float32),
        }

    def fit_posterior(self, information: dict[str, npt.NDArray[np.float64]]) -> None:
        """Take the posterior of all rows, whose `information` is summed in double precision."""
        if self.hessian == "full":
            eigenvalues, vectors = np.linalg.eigh(information["whole"])
            scales = self._choose_scales(eigenvalues)
            self.covariance_root.assign((vectors * scales) @ vectors.T)
            return
        of_inputs, input_vectors = np.linalg.eigh(information["inputs"])
        of_outputs, output_vectors = np.linalg.eigh(information["outputs"])
        eigenvalues = np.outer(of_inputs, of_outputs) / information["rows"]
        self.eigen_scales.assign(self._choose_scales(eigenvalues))
        self.input_eigenvectors.assign(input_vectors)
        self.output_eigenvectors.assign(output_vectors)

    def _choose_scales(self, eigenvalues: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The posterior's standard deviation along every eigenvector of the Hessian."""
        eigenvalues = np.maximum(eigenvalues, 0.0)  # they are, up to rounding
        weights = [self.kernel, *([self.bias] if self.use_bias else [])]
        squared_norm = sum(float(np.sum(np.square(one, dtype=np.float64))) for one in weights)
        scale = self.prior_scale or best_prior_scale(eigenvalues, squared_norm)
        self.current_prior_scale.assign(scale)
        return 1 / np.sqrt(eigenvalues + scale**-2)

    def forget_posterior(self) -> None:
        """Know no posterior: the weights are about to change."""
        self._spread.assign(np.zeros(self._spread.shape))

    @property
    def has_posterior(self) -> bool:
        """Whether draws of the weights differ: not while a training is under way."""
        return bool(np.any(self._spread))

    @property
    def chosen_prior_scale(self) -> float | None:
        """The prior's scale that the evidence chose, where it was asked for one."""
        if self.prior_scale is not None or not self.has_posterior:
            return None
        return float(np.array(self.current_prior_scale))

    @property
    def advice_on_worse_fit(self) -> str:
        """What to do where the posterior predicts worse than the weights that it is around."""
        if self.chosen_prior_scale is None:
            return f"Write a prior scale below {self.prior_scale:g}"
        return (
            f"The evidence chose a prior of scale {self.chosen_prior_scale:.3g}: a network that is "
            "trained to nearly no loss leaves it to the size of the weights. Give the scale, as in "
            "`prior: {scale: 0.1}`, or train fewer epochs, or with a weight decay"
        )

    @property
    def _spread(self) -> keras.Variable:
        return self.covariance_root if self.hessian == "full" else self.eigen_scales

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "hessian": self.hessian, "prior_scale": self.prior_scale}


_FIXED: dict[str, Any] = {"trainable": False, "dtype": "float32", "autocast": False}
