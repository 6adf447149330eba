"""Read facts about the models of `keras.applications` for `specs/applications.json`.

    python -m bnnc.runtime.keras_applications           # writes specs/applications.json
    python -m bnnc.runtime.keras_applications --check   # holds it against Keras, over many image shapes

No weight is made, so that a model is read in a second; but for the variances that its batch
normalizations read before training, which take a pass of a few images.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np

import bnnc.specs
from bnnc.runtime.keras_internals import first_node
from bnnc.specs.applications import FILE, Application, application, application_names
from bnnc.specs.shapes import Shape

# Steps of the sizes that a model is read at. Two maps that are equal at all of them are taken for
# one, and the padding of some layers depends on whether a size is odd: each must have been both.
_FIRST, _EVERY, _LAST = 331, 11, 661
# Odd, even, oblong, and of one channel; and as small as the model takes them.
_CHECKED = ((224, 224, 3), (299, 299, 3), (97, 131, 3), (128, 81, 1), (163, 96, 3))

Step = tuple[str | int, ...]


def names_in_keras() -> list[str]:
    """The names of all models of Keras, in alphabetical order."""
    return sorted(name for name, found in vars(keras.applications).items() if callable(found))


def hollow(name: str, shape: Shape) -> keras.Model:
    """The model of an application for images of a shape, without its classifier and its weights.

    Raises: ValueError for a shape that Keras refuses.
    """
    with keras.StatelessScope(initialize_variables=False):
        return _random(name, shape)


def _random(name: str, shape: Shape) -> keras.Model:
    """The same with random weights."""
    more = {"include_preprocessing": False} if _has_argument(name) else {}
    model = getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=shape, **more
    )
    assert isinstance(model, keras.Model)
    return model


def counted(model: keras.Model) -> tuple[int, int]:
    """Numbers of weights that are trained and of those that are not."""
    trainable, others = (
        sum(prod(one.shape) for one in weights)
        for weights in (model.trainable_weights, model.non_trainable_weights)
    )
    return trainable, others


@dataclass(frozen=True)
class Layer:
    """A layer of a model: the index of its map, and what it gives and costs at a position of it."""

    map: int
    outputs: int
    multiply_adds: int


class Reading:
    """The layers and the maps of a model for square images, in the order of the layers.

    Args:
        model: the model.
        pads: what is known of its paddings, in their order; they are left out if None.
    """

    def __init__(self, model: keras.Model, pads: list[Step] | None = None) -> None:
        self.steps: list[tuple[int, Step]] = [(-1, ("none",))]
        self.sizes: list[int] = [model.input.shape[1]]
        self.layers: list[Layer] = []
        # Every padding, and the size that it was of.
        self.paddings: list[tuple[int, tuple[int, int]]] = []
        self._pads = pads
        maps = {id(model.input): 0}
        for operation in model.operations[1:]:
            # The node, and not `input`: of a model within the model that is its own.
            node = first_node(operation)
            # What is multiplied by one number a channel keeps its own map.
            source = max((maps[id(one)] for one in node.input_tensors), key=self.sizes.__getitem__)
            maps[id(node.output_tensors[0])] = self._read(operation, source)
        self.last = maps[id(model.output)]

    def _read(self, operation: Any, source: int) -> int:
        """Note a layer, or the layers in it, on the map that they give. Returns: its index."""
        if isinstance(operation, keras.Sequential):
            for inner in operation.layers:
                source = self._read(inner, source)
            return source
        output = first_node(operation).output_tensors[0].shape
        positions = output[1:-1] or (1, 1)
        step = self._step(operation, self.sizes[source])
        if step is not None:
            source = self._map(source, step, positions[0])
        if positions != (self.sizes[source],) * 2:
            raise AssertionError(
                f"{operation.name} changes its map to {positions}, and nobody knows"
            )
        kernels = [one for one in getattr(operation, "weights", ()) if one.name.endswith("kernel")]
        self.layers.append(Layer(source, output[-1], sum(prod(one.shape) for one in kernels)))
        return source

    def _map(self, source: int, step: Step, size: int) -> int:
        if (source, step) not in self.steps:
            self.steps.append((source, step))
            self.sizes.append(size)
        return self.steps.index((source, step))

    def _step(self, layer: Any, size: int) -> Step | None:
        """How a layer changes the size of its map; None where it keeps it."""
        if isinstance(layer, keras.layers.GlobalAveragePooling2D):
            return ("all",)
        if isinstance(layer, keras.layers.Cropping2D):
            return ("crop", *_along_both(layer.cropping))
        if isinstance(layer, keras.layers.ZeroPadding2D):
            self.paddings.append((size, _along_both(layer.padding)))
            if self._pads is None:
                return ("pad", *_along_both(layer.padding))
            return self._pads[len(self.paddings) - 1]
        window = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
        if window is None:
            return None
        stride = _along_both(layer.strides)
        if {*_pair(getattr(layer, "dilation_rate", 1))} != {1}:
            raise AssertionError(f"{layer.name} is dilated")
        if layer.padding == "same":
            return None if stride == 1 else ("same", stride)
        return None if {*window} == {1} and stride == 1 else ("valid", _along_both(window), stride)


def read(name: str) -> dict[str, Any]:
    """An application as it stands in the file."""
    pads = _pads(name)
    # Of one channel and of three: of others Keras warns.
    models = [hollow(name, (_FIRST, _FIRST, channels)) for channels in (1, 3)]
    one, three = (Reading(model, pads) for model in models)
    if one.steps != three.steps or one.last != three.last:
        raise AssertionError(f"the maps of {name} depend on the channels of the images")
    maps = []
    for index, (source, step) in enumerate(one.steps):
        pairs = [(a, b) for a, b in zip(one.layers, three.layers, strict=True) if a.map == index]
        outputs = _linear(sum(a.outputs for a, _ in pairs), sum(b.outputs for _, b in pairs))
        costs = _linear(
            sum(a.multiply_adds for a, _ in pairs), sum(b.multiply_adds for _, b in pairs)
        )
        each = [_linear(a.outputs, b.outputs) for a, b in pairs]
        largest = [max((pair[part] for pair in each), default=0) for part in (0, 1)]
        maps.append([source, list(step), outputs, costs, largest])
    model = models[1]
    counts = [counted(model) for model in models]
    return {
        "preprocessing": _preprocessing(name),
        "standardises": any(isinstance(one, keras.layers.Rescaling) for one in model.layers),
        "has_argument": _has_argument(name),
        "least": _least(name),
        "channels": model.output.shape[-1],
        "momentum": max(
            (
                float(layer.momentum)
                for layer in model.layers
                if isinstance(layer, keras.layers.BatchNormalization)
            ),
            default=0.0,
        ),
        "least_variance": least_variance(name),
        "trainable": _linear(counts[0][0], counts[1][0]),
        "non_trainable": _linear(counts[0][1], counts[1][1]),
        "maps": maps,
        "last": one.last,
    }


def least_variance(name: str) -> float:
    """Least variance that a batch normalization of an application reads before training.

    Of images with a variance of 1, and rounded to two digits; 1 where there is none.
    """
    keras.utils.set_random_seed(0)
    size = max(96, _least(name))
    model = _random(name, (size, size, 3))
    read = [
        layer.input for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    images = np.random.default_rng(0).normal(size=(8, size, size, 3)).astype(np.float32)
    if any(isinstance(one, keras.layers.Rescaling) for one in model.layers):
        images *= 255.0  # which it divides by
    maps = keras.Model(model.input, read)(images, training=True) if read else []
    variances = [float(np.mean(np.var(one, axis=(0, 1, 2)))) for one in keras.tree.flatten(maps)]
    return float(f"{min(variances, default=1.0):.2g}")


def differences(name: str, shape: Shape) -> list[str]:
    """Differences between the file and Keras, of an application for a shape."""
    known, model = application(name), hollow(name, shape)
    trainable, others = counted(model)
    outputs, costs, largest = _counted_outputs(model)
    channels = shape[-1]
    said = {
        "output shape": (known.output_shape(shape), tuple(model.output.shape[1:])),
        "trainable": (known.trainable.of(channels), trainable),
        "non-trainable": (known.non_trainable.of(channels), others),
        "multiply-adds": (known.multiply_adds(shape), costs),
        "outputs": (known.outputs(shape), outputs),
        "largest output": (known.largest_output(shape), largest),
    }
    return [
        f"{name} {shape}: {what} is {ours}, Keras has {theirs}"
        for what, (ours, theirs) in said.items()
        if ours != theirs
    ]


def checked_shapes(known: Application) -> Iterator[Shape]:
    """Shapes that an application is held against Keras at."""
    least = known.least
    yield (least, least, 3)
    yield (least + 1, least, 1)
    yield (least, 2 * least + 3, 3)
    yield from (shape for shape in _CHECKED if min(shape[:2]) >= least)


def _counted_outputs(model: keras.Model) -> tuple[int, int, int]:
    """Numbers that all layers give, their multiply-adds, and numbers of the largest, one image."""
    outputs, costs = [], 0
    for operation in model.operations[1:]:
        inner = operation.layers if isinstance(operation, keras.Sequential) else [operation]
        for one in inner:
            shape = first_node(one).output_tensors[0].shape[1:]
            kernels = [w for w in getattr(one, "weights", ()) if w.name.endswith("kernel")]
            outputs.append(prod(shape))
            costs += prod(shape[:-1]) * sum(prod(kernel.shape) for kernel in kernels)
    return sum(outputs), costs, max(outputs)


def _pads(name: str) -> list[Step]:
    """The paddings of an application in their order, as they are for any size."""
    seen: list[dict[int, tuple[int, int]]] = []
    for size in range(_FIRST, _LAST, _EVERY):
        paddings = Reading(hollow(name, (size, size, 3))).paddings
        seen = seen or [{} for _ in paddings]
        for known, (of, padding) in zip(seen, paddings, strict=True):
            if known.setdefault(of % 2, padding) != padding:
                raise AssertionError(
                    f"a padding of {name} depends on more than whether sizes are odd"
                )
        if all(len(known) == 2 for known in seen):
            return [_pad(known[0], known[1]) for known in seen]
    raise AssertionError(f"a padding of {name} was only seen of odd sizes, or of even ones")


def _pad(even: tuple[int, int], odd: tuple[int, int]) -> Step:
    if even == odd:
        return ("pad", *even)
    half = odd[1]
    if (even, odd) != ((half - 1, half), (half, half)):
        raise AssertionError(f"a padding of {even} or {odd}")
    return ("halve", 2 * half + 1)


def _preprocessing(name: str) -> str:
    """Find the preprocessing of an application from `preprocess_input` of black, grey and white."""
    module = getattr(keras.applications, name).__module__.rpartition(".")[2]
    function = import_module(f"keras.applications.{module}").preprocess_input
    images = np.array([[[[0.0, 0.0, 0.0], [255.0, 255.0, 255.0], [51.0, 102.0, 204.0]]]])
    known = {
        "pixels": images,
        "tf": images / 127.5 - 1,
        "torch": (images / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
        "caffe": images[..., ::-1] - [103.939, 116.779, 123.68],
    }
    given = function(images.copy())
    (found,) = [way for way, expected in known.items() if np.allclose(given, expected)]
    return found


def _least(name: str) -> int:
    try:
        hollow(name, (1, 1, 3))
    except ValueError as error:
        found = re.search(r"at least (\d+)", str(error))
        if found is None:
            raise
        return int(found[1])
    raise AssertionError(f"{name} takes images of one pixel")


def _has_argument(name: str) -> bool:
    function = getattr(keras.applications, name)
    return "include_preprocessing" in inspect.signature(function).parameters


def _linear(of_one: int, of_three: int) -> list[int]:
    """The two numbers of `Linear`, from those for one channel and for three."""
    each = (of_three - of_one) // 2
    return [of_one - each, each]


def _pair(value: Any) -> tuple[Any, Any]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _along_both(value: Any) -> Any:
    height, width = _pair(value)
    if height != width:
        raise AssertionError(f"a step that differs along the two axes: {value}")
    return height


def written(models: dict[str, dict[str, Any]]) -> str:
    """The text of the file, a map a line."""
    parts = []
    for name, fields in models.items():
        lines = [f"      {json.dumps(one)}" for one in fields["maps"]]
        others = [
            f"    {json.dumps(key)}: {json.dumps(value)}"
            for key, value in fields.items()
            if key != "maps"
        ]
        maps = '    "maps": [\n' + ",\n".join(lines) + "\n    ]"
        parts.append(f"  {json.dumps(name)}: {{\n" + ",\n".join([*others, maps]) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write the file, or hold it against Keras. Returns: the exit code."""
    if arguments == ["--check"]:
        names = application_names()
        shapes = [(name, shape) for name in names for shape in checked_shapes(application(name))]
        wrong = [line for name, shape in shapes for line in differences(name, shape)]
        for line in wrong:
            print(line)
        print(f"{len(names)} models, {len(shapes)} shapes, {len(wrong)} differences")
        return 1 if wrong else 0
    text = written({name: read(name) for name in names_in_keras()})
    (Path(bnnc.specs.__path__[0]) / FILE).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
