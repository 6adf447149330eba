"""Layers of tfp under Keras 3."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN714", severity="warning")
def tfp_layers_under_keras_3(report: Report, span: Span, layer: Span) -> Diagnostic:
    """Layers of `tfp.layers` are used with Keras 3.

    ## What it does
    Finds layers of `tfp.layers` in a model of `keras` or `tf.keras`, in a script that neither
    imports `tf_keras` nor sets `TF_USE_LEGACY_KERAS`.

    ## Why it is bad
    TensorFlow Probability builds its layers on Keras 2, the package `tf_keras`. From TensorFlow
    2.16 on, `tf.keras` is Keras 3. It refuses these layers, or does not collect their KL
    divergence.

    ## Example
    ```python
    import keras
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    (images, labels), _ = keras.datasets.mnist.load_data()
    kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```

    ## Use instead
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```
    """
    return report(
        span,
        "layers of tfp.layers do not work with Keras 3",
        label="is Keras 3 from TensorFlow 2.16 on",
        related=(Label(layer, "is built on Keras 2"),),
        help=(
            "write `import tf_keras as keras`, and use it for the whole model",
            'or set `os.environ["TF_USE_LEGACY_KERAS"] = "1"` before TensorFlow is imported',
        ),
    )
