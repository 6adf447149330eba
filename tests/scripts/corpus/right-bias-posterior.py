# After repositories that give the biases a posterior too, and divide both divergences.
import tensorflow_probability as tfp
import tf_keras as keras

tfd, tfpl = tfp.distributions, tfp.layers


class Classifier:
    def __init__(self, n_hidden=64, n_layers=2):
        self.n_hidden, self.n_layers = n_hidden, n_layers

    def divergence(self, n_samples):
        return lambda q, p, _: tfd.kl_divergence(q, p) / n_samples

    def build(self, n_samples):
        model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28))])
        for n in range(self.n_layers + 1):
            is_last = n == self.n_layers
            model.add(tfpl.DenseFlipout(
                10 if is_last else self.n_hidden,
                bias_posterior_fn=tfpl.util.default_mean_field_normal_fn(),
                bias_prior_fn=tfpl.default_multivariate_normal_fn,
                kernel_divergence_fn=self.divergence(n_samples),
                bias_divergence_fn=self.divergence(n_samples),
                activation=None if is_last else "relu"))
        model.add(tfpl.DistributionLambda(lambda t: tfd.Categorical(logits=t)))
        return model


(x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()
model = Classifier().build(len(x_train))
model.compile(keras.optimizers.Adam(), loss=lambda y, d: -d.log_prob(y))
model.fit(x_train / 255, y_train, batch_size=128, epochs=10)
