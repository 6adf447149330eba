# After tensorflow/probability issue 1305, with the labels of CIFAR-10 as a row.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0
y_train = y_train.squeeze()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / x_train.shape[0]

model = keras.models.Sequential()
model.add(tfp.layers.Convolution2DFlipout(
    32, kernel_size=3, kernel_divergence_fn=kl, activation="relu", input_shape=(32, 32, 3)))
model.add(keras.layers.AveragePooling2D())
model.add(tfp.layers.Convolution2DFlipout(64, kernel_size=3, kernel_divergence_fn=kl, activation="relu"))
model.add(keras.layers.GlobalMaxPooling2D())
model.add(tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl))
model.add(tfp.layers.DistributionLambda(tfd.Categorical))
model.compile(keras.optimizers.Adam(learning_rate=1e-3), loss=lambda y, d: -d.log_prob(y))
model.fit(x_train, y_train, epochs=30, batch_size=256)
