# After scripts that encode labels and split the rows with NumPy and scikit-learn.
import numpy as np
from keras import Sequential, datasets
from keras.layers import Activation, Conv2D, Dense, Flatten, LeakyReLU, MaxPooling2D
from sklearn.model_selection import train_test_split

(X, Y), (X_test, Y_test) = datasets.mnist.load_data()
X = X.reshape(-1, 28, 28, 1) / 255.0
Y = np.eye(10)[Y]
X_train, X_val, Y_train, Y_val = train_test_split(X, Y, test_size=0.1, random_state=42)

model = Sequential()
model.add(Conv2D(filters=32, kernel_size=(5, 5), strides=1, input_shape=(28, 28, 1)))
model.add(LeakyReLU())
model.add(MaxPooling2D(pool_size=2, strides=2))
model.add(Flatten())
model.add(Dense(10))
model.add(Activation("softmax"))
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["acc"])
model.fit(X_train, Y_train, batch_size=86, epochs=3, validation_data=(X_val, Y_val))
