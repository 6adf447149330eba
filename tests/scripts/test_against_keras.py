"""Scripts of the corpus against the specs that are imported from them: both are the same model.

The scripts run here, with stubs around them (`own_model.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow_probability as tfp
import tf_keras

from bnnc.compiler.pipeline import check, compile, fix, plan
from bnnc.compiler.report import Report
from bnnc.compiler.scripts.read import read_script
from bnnc.compiler.scripts.write_spec import write_spec
from bnnc.compiler.text.source import Source
from bnnc.runtime.data.digits import load_digits
from bnnc.runtime.prediction.prediction import Prediction
from tests.scripts.own_model import Arrays, own_model
from tests.scripts.test_corpus import FOLDER, SCRIPTS

# TFP's layers and the scripts call what Keras 2 deprecates.
pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning:tensorflow_probability", "ignore::UserWarning:tf_keras"
)


def imported(script: Path) -> Report | None:
    """The check of the spec that `bnnc import` writes of a script; None if it has no correct one.

    None too if the script has layers that are not followed: they are not in the spec.

    What is wrong with outputs and the KL is fixed: that changes no weights.
    """
    read = read_script(Source(script.name, script.read_text("utf-8")))
    if read.tree is None or not read.is_whole:
        return None
    report = check(Source("spec.yaml", write_spec(read, script.name)))
    errors = {one.code[:4] for one in report.diagnostics if one.severity == "error"}
    if errors <= {"BNN3", "BNN4"}:
        report = fix(report, unsafe=True).report
    return report if report.ok else None


IMPORTED = {script: report for script in SCRIPTS if (report := imported(script))}
OTHER_WEIGHTS = {
    "divergence-is-a-pair": "a divergence that is no function: Keras builds no model",
    "scale-variable-not-trained": "Keras does not count a variable that no layer tracks",
}
BUILT = [one for one in IMPORTED if one.stem not in OTHER_WEIGHTS]


def not_in_a_spec(model: tf_keras.Model) -> int:
    """Numbers that Keras counts and bnnc does not, by design.

    - The priors of DenseVariational may be networks; those of bnnc are fixed distributions.
    - A metric that is an attribute of a model counts as its weights: a sum and a count.
    """
    layers = [one for one in model.layers if isinstance(one, tfp.layers.DenseVariational)]
    priors = [one._prior for one in layers if isinstance(one._prior, tf_keras.Model)]
    metrics = [one for one in vars(model).values() if isinstance(one, tf_keras.metrics.Metric)]
    return int(sum(one.count_params() for one in priors)) + 2 * len(metrics)


def test_most_scripts_are_imported_as_correct_specs() -> None:
    """So that the tests below do not lose their scripts unnoticed."""
    assert len(BUILT) >= 40


@pytest.mark.parametrize("script", BUILT, ids=lambda script: script.stem)
def test_the_imported_spec_has_the_weights_of_the_script(script: Path) -> None:
    model, own = own_model(script), plan(IMPORTED[script])
    standardized = sum(one.parameters for one in own.nodes if one.name == "standardization")
    assert own.parameters - standardized == model.count_params() - not_in_a_spec(model)


def digits(_: str) -> tuple[Arrays, Arrays]:
    """The digits as images of 28 × 28 pixels: each pixel three times, and a margin."""
    data = load_digits()

    def split(images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> Arrays:
        enlarged = np.kron(images[..., 0] * 15, np.ones((1, 3, 3), np.uint8))
        return np.pad(enlarged, ((0, 0), (2, 2), (2, 2))), labels

    test = data.test
    assert test is not None
    return split(data.train.images, data.train.labels), split(test.images, test.labels)


EPOCHS = 3
CHANCE = 0.1


def least_accuracy(rows: int) -> float:
    """Chance, and five standard errors of it."""
    return CHANCE + 5 * float(np.sqrt(CHANCE * (1 - CHANCE) / rows))


LEARNERS = {
    "right-plain-cnn": "a list of layers, one-hot labels",
    "right-subclass": "a class",
    "right-functional-flipout": "the functional style, logits",
    "right-bias-posterior": "a distribution at the end, biases with a posterior",
    "right-dense-variational-images": "DenseVariational",
}


@pytest.mark.parametrize("name", LEARNERS)
def test_a_right_script_learns_and_so_does_its_spec(name: str) -> None:
    script = FOLDER / f"{name}.py"
    train, (images, labels) = digits("")
    least = least_accuracy(len(labels))

    tf_keras.utils.set_random_seed(0)
    model = own_model(script, digits, EPOCHS)
    outputs = [model(images / np.float32(255)) for _ in range(8)]
    scores = [one.logits if hasattr(one, "logits") else one for one in outputs]
    assert np.mean(np.argmax(np.mean(scores, axis=0), axis=-1) == labels) > least

    program = compile(IMPORTED[script])
    is_one_hot = program.spec.output.labels == "one_hot"
    targets = np.eye(10)[train[1]] if is_one_hot else train[1]
    program.fit(train[0][..., None], targets, epochs=EPOCHS, batch_size=32, verbose=0)
    prediction = program.predict(images[..., None], samples=8)
    assert isinstance(prediction, Prediction)
    assert np.mean(np.asarray(prediction.label) == labels) > least


SCHEDULES = [
    "ExponentialDecay(0.01, 700, 0.5)",
    "ExponentialDecay(initial_learning_rate=0.01, decay_steps=500, decay_rate=0.9, staircase=True)",
    "PolynomialDecay(0.01, 2000, 0.001, power=2.0)",
    "PiecewiseConstantDecay([500, 1500], [0.01, 0.001, 0.0001])",
    "CosineDecay(0.01, 2345)",
    "CosineDecay(0.0, 1876, warmup_target=0.01, warmup_steps=469)",
]


@pytest.mark.parametrize("written", SCHEDULES)
def test_an_imported_schedule_has_the_rates_of_keras(written: str) -> None:
    text = (
        "import keras\n"
        "(x, y), _ = keras.datasets.mnist.load_data()\n"
        "model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)),\n"
        "    keras.layers.Dense(10, activation='softmax')])\n"
        f"rate = keras.optimizers.schedules.{written}\n"
        "model.compile(keras.optimizers.Adam(rate), 'sparse_categorical_crossentropy')\n"
        "model.fit(x / 255, y, batch_size=128, epochs=5)\n"
    )
    spec = check(Source("spec.yaml", write_spec(read_script(Source("a.py", text)), "a.py"))).spec
    assert spec is not None
    found = spec.training.optimizer.learning_rate
    assert not isinstance(found, float)
    steps = 469  # of an epoch
    of_keras = eval(f"keras.optimizers.schedules.{written}", {"keras": keras})
    for step in (0, 100, 468, 900, 1499, 1700, 2344):
        # A length of four digits is off by less than a step.
        assert found.rate_at(step / steps, 5) == pytest.approx(
            float(of_keras(step)), rel=0.01, abs=1e-7
        )
