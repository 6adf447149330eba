# After public notebooks on CIFAR-10 with layers of TFP: the metric gets the mode of the distribution.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

tfd = tfp.distributions
tfpl = tfp.layers
(x_train, y_train), (x_test, y_test) = tf_keras.datasets.cifar10.load_data()
x_train = x_train / 255.0
y_train = tf_keras.utils.to_categorical(y_train, 10)
kl = lambda q, p, _: tfd.kl_divergence(q, p) / tf.cast(x_train.shape[0], tf.float32)


def add_block(layers, filters):
    layers.append(tfpl.Convolution2DReparameterization(
        filters, (3, 3), padding="same", activation="relu", kernel_divergence_fn=kl,
        bias_posterior_fn=tfpl.default_mean_field_normal_fn(is_singular=True), bias_divergence_fn=kl))
    layers.append(tf_keras.layers.MaxPool2D((2, 2)))


def get_model():
    layers = [tf_keras.layers.InputLayer(input_shape=(32, 32, 3))]
    for filters in [32, 64, 128]:
        add_block(layers, filters)
    layers.append(tf_keras.layers.Flatten())
    layers.append(tfpl.DenseReparameterization(tfpl.OneHotCategorical.params_size(10), kernel_divergence_fn=kl))
    layers.append(tfpl.OneHotCategorical(10, convert_to_tensor_fn=tfd.Distribution.mode))
    return tf_keras.Sequential(layers)


model = get_model()
rate = tf_keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=50 * (50000 // 128))
model.compile(
    optimizer=tf_keras.optimizers.Adam(rate),
    loss=lambda y_true, y_pred: -y_pred.log_prob(y_true),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=50, batch_size=128)
