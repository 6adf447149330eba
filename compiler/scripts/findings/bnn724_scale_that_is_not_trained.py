"""Variables that no layer tracks."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN724", severity="warning")
def scale_that_is_not_trained(report: Report, span: Span, loss: Span) -> Diagnostic:
    """The variable of an output distribution is never trained.

    ## What it does
    Finds a `tf.Variable` inside of a `DistributionLambda`, in a model that `fit` trains.

    ## Why it is bad
    `fit` trains the variables that layers track. A variable in the function of a
    `DistributionLambda` is none of them: it keeps its first value, and the predictive scale is
    that of the first step.

    ## Example
    ```python
    import tensorflow as tf
    import tensorflow_probability as tfp
    import tf_keras as keras

    tfd = tfp.distributions
    (images, _), _ = keras.datasets.mnist.load_data()
    brightness = images.mean(axis=(1, 2))[:, None] / 255
    rho = tf.Variable(0.0)
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(1),
        tfp.layers.DistributionLambda(lambda t: tfd.Normal(t, tf.math.softplus(rho))),
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
        "the scale of the output distribution is never trained",
        label="is not tracked by a layer",
        related=(Label(loss, "trains the variables of the layers alone"),),
        help=(
            "make the scale an output, as in `1e-3 + tf.math.softplus(t[..., 1:])`; or write a layer "
            "that makes the variable with `self.add_weight`",
        ),
    )
