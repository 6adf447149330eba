"""bnnc, and the deterministic twin of its nets in plain Keras, which is the floor."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import bnnc.runtime
from benchmarks.racing.nets import INITIAL_SCALE, PRIOR_SCALE, ROWS, Case, Layers
from bnnc.runtime.outputs.categorical import Categorical
from bnnc.runtime.runs.run_folder import RunWriter, start_run

CLASSES = 10


def make(case: Case) -> Callable[[int], Any]:
    """What does a case once, or several times."""
    match case.task:
        case "step":
            return steps(twin(case) if case.method == "none" else bayesian(case), case)
        case "predict":
            return predictions(program(case), case)
        case "epoch":
            return Epochs(case).run
        case _:
            raise ValueError(f"bnnc has no task {case.task!r}")


def forget() -> None:
    """Free what Keras keeps of the models made so far."""
    keras.backend.clear_session()


def program(case: Case) -> Any:
    """The compiled spec."""
    return bnnc.compile(spec(case))


def bayesian(case: Case) -> Any:
    """The model of a case: compiled, or of bnnc's layers by hand where the net is a graph."""
    if case.net == "lenet5":
        return program(case).model
    images = keras.Input(case.shape)
    outputs = keras.layers.Rescaling(1 / 255)(images)
    outputs = keras.layers.Normalization(mean=0.2860, variance=0.3530**2)(outputs)
    outputs = _applied(case.tree, outputs, case.method)
    output = Categorical(parameterization="logits", labels="integer", classes=CLASSES)
    objective = bnnc.runtime.Objective(output=output, loss="negative_log_likelihood")
    model = bnnc.runtime.BayesianModel(inputs=images, outputs=outputs, objective=objective)
    model.compile(optimizer=keras.optimizers.Adam(0.001))
    model.optimizer.build(model.trainable_variables)
    return model


def spec(case: Case) -> dict[str, Any]:
    """A case in the language."""
    made: dict[str, Any] = {
        "bnnc": 1,
        "name": f"{case.net}-{case.method}".replace("_", "-"),
        "input": {"shape": list(case.shape), "mean": 0.2860, "std": 0.3530},
        "layers": said(case.tree),
        "bayesian": {
            "method": case.method,
            "layers": case.layers,
            "prior": {"scale": PRIOR_SCALE},
            "posterior": {"initial_scale": INITIAL_SCALE},
        },
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": CLASSES,
            "labels": "integer",
        },
        "loss": {"type": "negative_log_likelihood", "kl": {"weight": "per_example"}},
        "training": {"optimizer": {"type": "adam"}, "batch_size": case.batch},
        "data": {"source": "fashion-mnist"},
    }
    if case.method == "none":
        del made["bayesian"], made["loss"]["kl"]
    return made


def said(layers: Layers) -> Layers:
    """The layers without what the language has no word for."""
    made: Layers = []
    for layer in layers:
        one = {key: value for key, value in layer.items() if key not in {"bayesian", "strides"}}
        if layer.get("strides", 1) != 1:
            one["strides"] = layer["strides"]
        for key in ("layers", "shortcut"):
            if key in layer:
                one[key] = said(layer[key])
        if not one.get("shortcut", True):
            del one["shortcut"]
        made.append(one)
    return made


def twin(case: Case) -> keras.Model:
    """The same net without a posterior, by hand, compiled as Keras's own guides do it."""
    images = keras.Input(case.shape)
    outputs = keras.layers.Rescaling(1 / 255)(images)
    outputs = keras.layers.Normalization(mean=0.2860, variance=0.3530**2)(outputs)
    outputs = _applied(case.tree, outputs, case.method)
    model = keras.Model(images, outputs)
    model.compile(
        keras.optimizers.Adam(0.001),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _applied(layers: Layers, inputs: Any, method: str) -> Any:
    for layer in layers:
        if layer["type"] == "residual":
            inside, past = (_applied(layer[key], inputs, method) for key in ("layers", "shortcut"))
            inputs = keras.layers.Add()([inside, past])
            continue
        arguments = {key: one for key, one in layer.items() if key not in {"type", "bayesian"}}
        if layer["bayesian"]:
            prior = bnnc.runtime.NormalPrior(scale=PRIOR_SCALE)
            posterior = {"prior": prior, "initial_scale": INITIAL_SCALE}
            made = _VARIATIONAL[layer["type"]](**arguments, **posterior, estimator=method)
            inputs = made(inputs)
        elif layer["type"] == "batch_normalization" and method != "none":
            inputs = bnnc.runtime.BatchNormalization(**arguments)(inputs)
        else:
            inputs = _CLASSES[layer["type"]](**arguments)(inputs)
    return inputs


_VARIATIONAL: dict[str, Any] = {
    "conv2d": bnnc.runtime.VariationalConv2D,
    "dense": bnnc.runtime.VariationalDense,
}
_CLASSES = {
    "conv2d": keras.layers.Conv2D,
    "dense": keras.layers.Dense,
    "max_pooling2d": keras.layers.MaxPooling2D,
    "flatten": keras.layers.Flatten,
    "batch_normalization": keras.layers.BatchNormalization,
    "activation": keras.layers.Activation,
    "global_average_pooling2d": keras.layers.GlobalAveragePooling2D,
}


def steps(model: Any, case: Case) -> Callable[[int], None]:
    """Steps of `train_step` on one batch, many in one call."""
    if hasattr(model, "bind"):
        model.bind(rows=ROWS, batch_size=case.batch)
    images, labels = (tf.constant(one) for one in batch(case, case.batch))
    if not hasattr(model, "bind"):
        # Keras makes its metrics in the first step, and cannot within a loop.
        model.train_on_batch(images, labels)

    @tf.function
    def run_steps(count: tf.Tensor) -> None:
        for _ in tf.range(count):
            model.train_step((images, labels))

    def run(count: int) -> None:
        run_steps(tf.constant(count))

    return run


def batch(case: Case, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of raw values, and labels."""
    generator = np.random.default_rng(0)
    images = generator.uniform(0, 255, (rows, *case.shape)).astype(np.float32)
    return images, generator.integers(0, CLASSES, rows)


def predictions(made: Any, case: Case) -> Callable[[int], None]:
    """Whole predictions through the program."""
    images, _ = batch(case, case.images)

    def run(count: int) -> None:
        for _ in range(count):
            made.predict(images, case.samples)

    return run


class Epochs:
    """Epochs as `bnnc train` has them, each with its record and its saved model."""

    def __init__(self, case: Case) -> None:
        self._program = program(case)
        self._prepared = self._program.prepare()
        self._done = 0
        self._folder = Path(tempfile.mkdtemp()) / "run"
        start_run(self._folder, self._program, self._prepared, epochs=1)

    def run(self, count: int) -> dict[str, float]:
        """Train so many epochs more, behind one. Returns: steps of one, and its mean seconds.

        An epoch lasts from its first batch to the end of what is written after it. The graph is
        made in the first one of a training, which is not counted.
        """
        clock = _Clock()
        history: list[Any] = []
        writer = RunWriter(self._folder, self._program, history)
        first, self._done = self._done, self._done + 1 + count
        self._program.train(
            self._prepared, epochs=self._done, first_epoch=first, callbacks=[writer, clock]
        )
        return {
            "steps": self._prepared.train.steps,
            "seconds": sum(clock.seconds[1:]) / count,
            "stepping": sum(line["seconds"] for line in history[1:]) / count,
        }


class _Clock(keras.callbacks.Callback):
    """Stands last among the callbacks, so that an epoch ends after what the others do."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop it."""
        self.seconds.append(time.perf_counter() - self._began)
