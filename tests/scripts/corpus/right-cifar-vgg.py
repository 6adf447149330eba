# After tutorials on VGG blocks for CIFAR-10.
import keras
from keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.optimizers import SGD


def load_dataset():
    (trainX, trainY), (testX, testY) = keras.datasets.cifar10.load_data()
    trainY = keras.utils.to_categorical(trainY)
    testY = keras.utils.to_categorical(testY)
    return trainX.astype("float32") / 255.0, trainY, testX.astype("float32") / 255.0, testY


def define_model():
    model = keras.models.Sequential()
    for block, filters in enumerate((32, 64, 128), start=1):
        for _ in range(2):
            if block == 1 and _ == 0:
                model.add(Conv2D(filters, (3, 3), activation="relu", kernel_initializer="he_uniform",
                                 padding="same", input_shape=(32, 32, 3)))
            else:
                model.add(Conv2D(filters, (3, 3), activation="relu",
                                 kernel_initializer="he_uniform", padding="same"))
            model.add(BatchNormalization())
        model.add(MaxPooling2D((2, 2)))
        model.add(Dropout(0.1 + 0.1 * block))
    model.add(Flatten())
    model.add(Dense(128, activation="relu", kernel_initializer="he_uniform"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer=SGD(learning_rate=0.001, momentum=0.9),
                  loss="categorical_crossentropy", metrics=["accuracy"])
    return model


trainX, trainY, testX, testY = load_dataset()
model = define_model()
history = model.fit(trainX, trainY, epochs=100, batch_size=64, validation_data=(testX, testY), verbose=0)
_, acc = model.evaluate(testX, testY, verbose=0)
print("> %.3f" % (acc * 100.0))
