# After StackOverflow questions on a loss that stays at 2.3026: the last layer has a relu, and its
# outputs are read as logits.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / tf.cast(60000, tf.float32)
layers = [
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(256, activation=tf.nn.relu, kernel_divergence_fn=kl),
    tfp.layers.DenseFlipout(10, activation=tf.nn.relu, kernel_divergence_fn=kl),
    tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
]
model = keras.Sequential(layers)
negloglik = lambda y, rv_y: -tf.reduce_mean(rv_y.log_prob(y))
model.compile(optimizer=keras.optimizers.Nadam(learning_rate=0.001), loss=negloglik)
model.fit(x_train / 255.0, y_train, epochs=10, batch_size=128)
