"""Labels of rank 2."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN715")
def labels_of_rank_two(report: Report, span: Span, distribution: Span) -> Diagnostic:
    """Labels with a second axis are broadcast by `log_prob`.

    ## What it does
    Finds the labels of CIFAR-10 and CIFAR-100, which Keras loads with the shape [rows, 1], scored
    by `log_prob` of a categorical distribution.

    ## Why it is bad
    `Categorical.log_prob` of labels [rows, 1] and logits [rows, classes] is a matrix [rows,
    rows]: every image is scored against the labels of all others. The loss is finite, and the
    model stays at chance.

    ## Example
    ```python
    import tf_keras as keras
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    (images, labels), _ = keras.datasets.cifar10.load_data()
    kl = lambda q, p, _: tfd.kl_divergence(q, p) / 50000
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(32, 32, 3)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```

    ## Use instead
    ```python
    import tf_keras as keras
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    (images, labels), _ = keras.datasets.cifar10.load_data()
    kl = lambda q, p, _: tfd.kl_divergence(q, p) / 50000
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(32, 32, 3)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, labels[:, 0], epochs=5, batch_size=128)
    ```
    """
    return report(
        span,
        "labels of shape [rows, 1] are broadcast against all rows",
        label="has the shape [rows, 1]",
        related=(Label(distribution, "scores labels of shape [rows]"),),
        notes=("`log_prob` gives a matrix [rows, rows], without an error",),
        help=("write `labels[:, 0]`, or `labels.squeeze(-1)`",),
    )
