# After training scripts of repositories: options of the command line, and a main function.
import argparse

import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions


def parse_args():
    parser = argparse.ArgumentParser(description="Train a Bayesian network on Fashion-MNIST")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--hidden", type=int, default=128)
    return parser.parse_args()


def build_model(hidden, num_train):
    kl = lambda q, p, _: tfd.kl_divergence(q, p) / num_train
    model = keras.Sequential()
    model.add(keras.layers.Flatten(input_shape=(28, 28)))
    model.add(tfp.layers.DenseFlipout(hidden, activation="relu", kernel_divergence_fn=kl))
    model.add(tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl))
    return model


def main():
    args = parse_args()
    (x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    model = build_model(args.hidden, len(x_train))
    model.compile(
        optimizer=keras.optimizers.Adam(args.lr),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x_train / 255.0, y_train, epochs=args.epochs, batch_size=args.batch_size)


if __name__ == "__main__":
    main()
