"""A KL that a training step leaves out."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN710")
def kl_never_added(report: Report, span: Span, layer: Span) -> Diagnostic:
    """The KL divergence is never added to the loss.

    ## What it does
    Finds a hand-written training step whose loss does not use `model.losses`, in a script with
    layers of `tfp.layers`.

    ## Why it is bad
    These layers put their KL divergence into `model.losses`. A step that computes the gradient of
    the likelihood alone leaves it out: the posterior shrinks to a point, and the predictions are
    overconfident.

    ## Example
    ```python
    import tf_keras as keras
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    (images, labels), _ = keras.datasets.mnist.load_data()
    kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    import tensorflow as tf

    optimizer = keras.optimizers.Adam()


    def step(x, y):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(model(x).log_prob(y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))


    for x, y in tf.data.Dataset.from_tensor_slices((images / 255, labels)).batch(128):
        step(x, y)
    ```

    ## Use instead
    ```python
    import tf_keras as keras
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    (images, labels), _ = keras.datasets.mnist.load_data()
    kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    import tensorflow as tf

    optimizer = keras.optimizers.Adam()


    def step(x, y):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(model(x).log_prob(y)) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))


    for x, y in tf.data.Dataset.from_tensor_slices((images / 255, labels)).batch(128):
        step(x, y)
    ```

    ## References
    Blundell et al. 2015, Weight Uncertainty in Neural Networks, arXiv:1505.05424.
    """
    return report(
        span,
        "the KL divergence of the layers is never added to the loss",
        label="computes gradients without it",
        related=(Label(layer, "puts its KL into `model.losses`"),),
        notes=("without the KL the posterior shrinks to a point",),
        help=("write `loss = ... + sum(model.losses)` inside of the tape",),
    )
