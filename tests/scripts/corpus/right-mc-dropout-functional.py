# After tutorials on Monte Carlo dropout: dropout that stays on, and the mean over many draws.
import keras
import numpy as np
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D

num_classes = 10
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = np.expand_dims(x_train, -1).astype("float32") / 255
x_test = np.expand_dims(x_test, -1).astype("float32") / 255


def get_dropout(tensor, p=0.5, mc=False):
    if mc:
        return Dropout(p)(tensor, training=True)
    return Dropout(p)(tensor)


def get_model(mc=False, act="relu"):
    inp = Input((28, 28, 1))
    x = Conv2D(32, kernel_size=(3, 3), activation=act)(inp)
    x = MaxPooling2D(pool_size=(2, 2))(x)
    x = get_dropout(x, p=0.25, mc=mc)
    x = Flatten()(x)
    x = Dense(128, activation=act)(x)
    x = get_dropout(x, p=0.5, mc=mc)
    out = Dense(num_classes, activation="softmax")(x)
    model = keras.Model(inputs=inp, outputs=out)
    model.compile(loss=keras.losses.sparse_categorical_crossentropy,
                  optimizer=keras.optimizers.Adadelta(learning_rate=1.0), metrics=["accuracy"])
    return model


mc_model = get_model(mc=True)
mc_model.fit(x_train, y_train, batch_size=128, epochs=10, validation_data=(x_test, y_test))
mc_predictions = [mc_model.predict(x_test, batch_size=1000) for _ in range(500)]
print(np.mean(np.argmax(np.mean(mc_predictions, axis=0), axis=1) == y_test))
