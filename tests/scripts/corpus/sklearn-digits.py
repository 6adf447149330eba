# After public scripts on the digits of scikit-learn: a whole KL, and a softmax read as logits under
# a Keras loss.
import tensorflow_probability as tfp
import tf_keras as keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

tfd = tfp.distributions
digits = load_digits()
images, labels = digits.images[..., None] / 16, keras.utils.to_categorical(digits.target)
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.2, random_state=0)

model = keras.Sequential([
    tfp.layers.Convolution2DFlipout(16, 3, padding="same", activation="relu", input_shape=(8, 8, 1)),
    keras.layers.MaxPooling2D(),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(10, activation="softmax"),
    tfp.layers.DistributionLambda(lambda t: tfd.OneHotCategorical(logits=t)),
])
model.compile("adam", loss="categorical_crossentropy")
model.fit(x_train, y_train, epochs=10, batch_size=32)
