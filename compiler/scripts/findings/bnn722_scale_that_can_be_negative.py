"""Scales that are plain outputs."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN722")
def scale_that_can_be_negative(report: Report, span: Span, layer: Span) -> Diagnostic:
    """The standard deviation of the output distribution can be negative.

    ## What it does
    Finds an output of a linear layer that is the scale of a normal distribution or a Student's t
    as it is.

    ## Why it is bad
    A scale is positive. An output of 0 or less gives a log-likelihood of NaN, and the weights are
    NaN from that step on.

    ## Example
    ```python
    import tensorflow as tf
    import tensorflow_probability as tfp
    import tf_keras as keras

    tfd = tfp.distributions
    (images, _), _ = keras.datasets.mnist.load_data()
    brightness = images.mean(axis=(1, 2))[:, None] / 255
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(2),
        tfp.layers.DistributionLambda(lambda t: tfd.Normal(t[..., :1], t[..., 1:])),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, brightness, epochs=5, batch_size=128)
    ```

    ## Use instead
    ```python
    import tensorflow as tf
    import tensorflow_probability as tfp
    import tf_keras as keras

    tfd = tfp.distributions
    (images, _), _ = keras.datasets.mnist.load_data()
    brightness = images.mean(axis=(1, 2))[:, None] / 255
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(2),
        tfp.layers.DistributionLambda(lambda t: tfd.Normal(t[..., :1], 1e-3 + tf.math.softplus(t[..., 1:]))),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, brightness, epochs=5, batch_size=128)
    ```
    """
    return report(
        span,
        "this scale can be negative",
        label="is read as a standard deviation",
        related=(Label(layer, "outputs any real numbers"),),
        notes=("the logarithm of a negative scale is NaN, and so are all weights after it",),
        help=("write `1e-3 + tf.math.softplus(...)` around it, or `tfp.layers.IndependentNormal`",),
    )
