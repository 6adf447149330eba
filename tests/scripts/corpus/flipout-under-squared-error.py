# After tensorflow/probability issue 166: a line fitted by DenseFlipout under the squared error,
# with the whole KL in every batch.
import numpy as np
from tf_keras.layers import Input
from tf_keras.models import Model
from tensorflow_probability.python.layers import DenseFlipout

x_data = np.random.normal(0, 1, (1000, 1))
y_data = 0.1 - 0.5 * x_data

inputs = Input(shape=[1])
outputs = DenseFlipout(units=1, name="line")(inputs)
model = Model(inputs=inputs, outputs=outputs)
model.compile(optimizer="adam", loss="mse")
model.fit(x_data, y_data, batch_size=32, epochs=10)
print(model.get_layer("line").get_weights())
