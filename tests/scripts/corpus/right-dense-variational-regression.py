# After the TFP tutorial "Regression with probabilistic layers": a mean-field posterior and a
# trainable prior, on the tutorial's kind of data.
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

tfd = tfp.distributions
tfpl = tfp.layers
negloglik = lambda y, rv_y: -rv_y.log_prob(y)

x = np.linspace(-20.0, 60.0, 150)[:, np.newaxis].astype(np.float32)
y = (0.125 * x * (1.0 + np.sin(x)) + 5.0 + np.random.randn(150, 1)).astype(np.float32)


def posterior_mean_field(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    c = np.log(np.expm1(1.0))
    return tf_keras.Sequential([
        tfpl.VariableLayer(2 * n, dtype=dtype),
        tfpl.DistributionLambda(lambda t: tfd.Independent(
            tfd.Normal(loc=t[..., :n], scale=1e-5 + tf.nn.softplus(c + t[..., n:])),
            reinterpreted_batch_ndims=1)),
    ])


def prior_trainable(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    return tf_keras.Sequential([
        tfpl.VariableLayer(n, dtype=dtype),
        tfpl.DistributionLambda(lambda t: tfd.Independent(
            tfd.Normal(loc=t, scale=1), reinterpreted_batch_ndims=1)),
    ])


model = tf_keras.Sequential([
    tfpl.DenseVariational(1 + 1, posterior_mean_field, prior_trainable, kl_weight=1 / x.shape[0], input_shape=(1,)),
    tfpl.DistributionLambda(lambda t: tfd.Normal(
        loc=t[..., :1], scale=1e-3 + tf.math.softplus(0.01 * t[..., 1:]))),
])
model.compile(optimizer=tf_keras.optimizers.Adam(learning_rate=0.01), loss=negloglik)
model.fit(x, y, epochs=1000, verbose=False)
yhats = [model(x) for _ in range(100)]
