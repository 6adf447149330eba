# After the Keras guide "Transfer learning & fine-tuning".
import keras

train_ds = keras.utils.image_dataset_from_directory("cats_and_dogs/train", image_size=(160, 160), batch_size=32)
base_model = keras.applications.MobileNetV2(
    weights="imagenet", input_shape=(160, 160, 3), include_top=False)
base_model.trainable = False

inputs = keras.Input(shape=(160, 160, 3))
x = keras.applications.mobilenet_v2.preprocess_input(inputs)
x = base_model(x, training=False)
x = keras.layers.GlobalAveragePooling2D()(x)
x = keras.layers.Dropout(0.2)(x)
outputs = keras.layers.Dense(1)(x)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(1e-4), loss=keras.losses.BinaryCrossentropy(from_logits=True))
model.fit(train_ds, epochs=20)
