"""A model of `keras.applications` as a layer, with its preprocessing, and seeded where it is random."""

import contextlib
import os
import random
import re
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bnnc.errors import DownloadError, WeightsError
from bnnc.runtime.keras_settings import keras_defaults
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.noise import check_seed
from bnnc.runtime.saved_model import refuse_unsafe_weights, refuse_unsafe_weights_of_archive
from bnnc.specs.applications import application as facts_of
from bnnc.specs.seeds import layer_seed
from bnnc.system.reading import open_file

# The variances of Keras's EfficientNets with the weights of ImageNet: in truth the deviations.
_STDDEVS_AS_VARIANCES = (0.229, 0.224, 0.225)
# What Keras, h5py and zipfile raise for a file that is not what its name says, or of another model.
_UNREADABLE = (
    *(ValueError, TypeError, KeyError, OSError, RuntimeError, AttributeError, EOFError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)


@keras.saving.register_keras_serializable(package="bnnc")
class Backbone(keras.layers.Layer):
    """A model of `keras.applications` without its classifier, as one layer.

    Its weights are those of the file that it is saved in: a loaded backbone, or one made of a
    config, reads no other file and downloads nothing.

    Args:
        application: name of its function, as in `keras.applications.ResNet50`.
        weights: `"imagenet"`, a file, or None for weights drawn at random.
        preprocessing: what is made of the images, as `preprocess_input` of the application does:
            `"caffe"`, blue, green, red from 0 to 255, less ImageNet's means; `"tf"`, from -1 to 1;
            `"torch"`, less ImageNet's means and over its deviations; `"pixels"`, from 0 to 255,
            which the application standardises by itself. None for the images as they are.
        pooling: `"avg"` or `"max"` over all positions of the last map; None for the map.
        seed: seed of random weights, and of the noise of its dropouts; random if None.
        trainable: whether gradients change its weights. Where they do not, it runs in training as
            in prediction: nothing is dropped, and batch normalizations keep their averages.

    Input shape: [batch, height, width, channels], values from 0 to 1 under a preprocessing.
    Output shape: [batch, height', width', features], or [batch, features] where it pools.
    Raises: WeightsError for a file that does not fit, DownloadError for one that is not there to
        be had; both when the layer is built.
    """

    def __init__(
        self,
        application: str,
        *,
        weights: str | None = None,
        preprocessing: str | None = None,
        pooling: str | None = None,
        seed: int | None = None,
        trainable: bool = True,
        **kwargs: Any,
    ) -> None:
        # The pixels are standardised in float32; the layers of the application cast for themselves.
        super().__init__(trainable=trainable, autocast=False, **kwargs)
        self.application = application
        self.weights_said = weights
        self.preprocessing = preprocessing
        self.pooling = pooling
        self.seed = random.getrandbits(31) if seed is None else check_seed(seed)
        self.network: keras.Model | None = None

    def build(self, input_shape: Any) -> None:
        """Make the application, and give it its weights."""
        shape = tuple(input_shape[1:])
        with _as_alone(self.seed, self.dtype_policy):
            network = self._make(shape, weights=None)
            if any(isinstance(layer, keras.layers.Dropout) for layer in network.layers):
                network = keras.models.clone_model(network, clone_function=self._with_own_noise)
        if self.weights_said == "imagenet":
            _copy(self._downloaded(shape), network)
        elif self.weights_said is not None:
            _load(network, Path(self.weights_said), self.application)
        if self.weights_said is not None:
            _standardise_once(network)
        network.trainable = self.trainable
        self.network = network
        super().build(input_shape)

    def call(self, images: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Run the application on images, standardised as it expects them."""
        assert self.network is not None
        return self.network(
            self.preprocessed(images), training=bool(training) and bool(self.trainable)
        )

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """[batch, height, width, channels] -> the shape of its last map, pooled or not."""
        output = facts_of(self.application).output_shape(tuple(input_shape[1:]))
        return (input_shape[0], *(output if self.pooling is None else output[-1:]))

    @property
    def largest_output(self) -> int:
        """Numbers that the largest of its layers gives for one image."""
        assert self.network is not None
        return max(int(prod(layer.output.shape[1:])) for layer in self.network.layers)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the file that the weights came from."""
        return {
            **super().get_config(),
            "application": self.application,
            "preprocessing": self.preprocessing,
            "pooling": self.pooling,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Backbone":
        """Make a backbone of a config. Raises: ValueError for one that names weights."""
        if "weights" in config:
            raise ValueError(
                "Expected the config of a backbone to name no `weights`: those of a saved model "
                f"are saved with it. Received: weights={config['weights']!r}"
            )
        made = super().from_config(config)
        assert isinstance(made, Backbone)
        return made

    def preprocessed(self, images: tf.Tensor) -> tf.Tensor:
        """Images from 0 to 1 as the application expects them. Shape: the same."""
        facts = facts_of(self.application)
        if self.preprocessing is None:
            # What it divides by 255, and no argument keeps it from that.
            return images * 255.0 if facts.standardises else images
        pixels = images * 255.0
        if self.preprocessing == "pixels":
            return pixels
        preprocess = keras.applications.imagenet_utils.preprocess_input
        return preprocess(pixels, data_format="channels_last", mode=self.preprocessing)

    def _make(self, shape: tuple[int, ...], weights: str | None) -> keras.Model:
        more: dict[str, Any] = {}
        if facts_of(self.application).has_argument:
            more["include_preprocessing"] = self.preprocessing == "pixels"
        model = getattr(keras.applications, self.application)(
            include_top=False, weights=weights, input_shape=shape, pooling=self.pooling, **more
        )
        assert isinstance(model, keras.Model)
        return model

    def _with_own_noise(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """A layer of the same config; a dropout with noise that is a function of seed and step."""
        config = layer.get_config()
        if not isinstance(layer, keras.layers.Dropout):
            return type(layer).from_config(config)
        return Dropout.from_config({**config, "seed": layer_seed(self.seed, layer.name)})

    def _downloaded(self, shape: tuple[int, ...]) -> keras.Model:
        """The application with the weights of ImageNet. Raises: DownloadError."""
        try:
            # Keras writes the progress of a download where results belong.
            with (
                _as_alone(self.seed, self.dtype_policy),
                contextlib.redirect_stdout(sys.stderr),
            ):
                return self._make(shape, weights="imagenet")
        except Exception as error:  # Keras has no narrower one for a download that fails
            found = re.search(r"https?://[^\s:]+", str(error))
            place = Path(os.environ.get("KERAS_HOME", "~/.keras")) / "models"
            looked = f"{place / found[0].rpartition('/')[2]}" if found else f"a file in {place}"
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise DownloadError(
                f"Keras has no weights of ImageNet for {self.application}: it looked for {looked}, "
                f"and then: {reason}. Put that file there, or write `weights: FILE` with a file that "
                "has them, or `weights: none`"
            ) from error


def _load(network: keras.Model, path: Path, application: str) -> None:
    """Read the weights of a file. Raises: WeightsError."""
    if not path.exists():
        raise WeightsError(
            f"there is no file {path} with weights of {application}; a path in `weights` is relative "
            "to the spec"
        )
    is_archive = path.suffix == ".keras"
    try:
        with open_file(path) as file:
            (refuse_unsafe_weights_of_archive if is_archive else refuse_unsafe_weights)(file)
        with warnings.catch_warnings():
            # Before it refuses a file, Keras tells of every part that it looked for in vain.
            warnings.simplefilter("ignore", UserWarning)
            network.load_weights(path)
    except _UNREADABLE as error:
        lines = str(error).strip().splitlines()
        raise WeightsError(
            f"{path} holds no weights of {application} without its classifier: "
            f"{lines[0] if lines else repr(error)}"
        ) from error


def _copy(source: keras.Model, target: keras.Model) -> None:
    """Give the layers of a model the weights of another one's, in their order."""
    with_weights = ([layer for layer in one.layers if layer.weights] for one in (target, source))
    for layer, other in zip(*with_weights, strict=True):
        layer.set_weights(other.get_weights())
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with what it made of its weights


def _standardise_once(network: keras.Model) -> None:
    """Let an EfficientNet with the weights of ImageNet divide by the deviations.

    Its file has the deviations where Keras's layer reads variances. With `weights="imagenet"` Keras
    divides by the root of them once more, in a layer that it leaves out for a file of weights, and
    for a model that is loaded. With their squares the same layers give the same in all three.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean, variance, count = layer.get_weights()
            if np.allclose(np.ravel(variance), _STDDEVS_AS_VARIANCES):
                layer.set_weights([mean, variance**2, count])
                layer.finalize_state()


@contextlib.contextmanager
def _as_alone(seed: int, policy: keras.DTypePolicy) -> Iterator[None]:
    """Let Keras make random weights of a seed, and layers of a policy, and leave both as they were.

    Its initializers take their seeds from Python's own generator.
    """
    state = random.getstate()
    random.seed(seed)
    try:
        with keras_defaults(policy), warnings.catch_warnings():
            # Of channels other than 1 or 3, and of images of another size than ImageNet's.
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        random.setstate(state)
