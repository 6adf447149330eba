"""Help for scripts is written in the words of Keras and TFP."""

from __future__ import annotations

import re

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.scripts.spec_words import in_code
from bnnc.compiler.text.source import Source

DIGITS = """\
import keras
import tensorflow as tf
import tensorflow_probability as tfp
tfd = tfp.distributions
(x, y), _ = keras.datasets.mnist.load_data()
"""
SPEC = re.compile(r"`[^`]*[a-z]: [^`]*`|in a spec")


def script(
    layers: str, loss: str, labels: str = "y", more: str = "", shape: str = "28, 28, 1"
) -> str:
    return (
        f"{DIGITS}model = keras.Sequential([keras.Input(({shape})), {layers}])\n"
        f"model.compile({more or repr('adam')}, loss={loss})\n"
        f"model.fit(x / 255, {labels}, epochs=5, batch_size=128)\n"
    )


DENSE = "keras.layers.Flatten(), keras.layers.Dense({})"
SPARSE = "'sparse_categorical_crossentropy'"
WRONG = {
    "BNN202": script("keras.layers.Dense(10, activation='softmax')", SPARSE),
    "BNN205": script("keras.layers.Conv2D(10, 3, activation='softmax')", SPARSE),
    "BNN213": script(
        "keras.layers.Flatten(), keras.layers.Dense(10, 'softmax')", SPARSE, shape="32, 32, 3"
    ),
    "BNN214": script(
        "keras.layers.Conv3D(8, 3), keras.layers.Flatten(), keras.layers.Dense(10, 'softmax')",
        SPARSE,
    ),
    "BNN305": script(DENSE.format("10, 'sigmoid'"), SPARSE),
    "BNN306": script(DENSE.format("1, 'softmax'"), "'binary_crossentropy'", "y > 4"),
    "BNN307": script(DENSE.format("10, 'relu'"), SPARSE),
    "BNN316": script(DENSE.format("1, 'sigmoid'"), "'binary_crossentropy'"),
    "BNN318": script(DENSE.format("1"), SPARSE),
    "BNN329": script(DENSE.format("1, 'relu'"), "'poisson'", "counts(y)"),
    "BNN337": script(DENSE.format("10"), "'mse'"),
    "BNN503": script(DENSE.format("10, 'softmax'"), SPARSE, more="keras.optimizers.Adam(2.0)"),
    "BNN504": script(DENSE.format("10, 'softmax'"), SPARSE, more="keras.optimizers.Adam(1e-7)"),
    "BNN510": script(
        "keras.layers.Flatten(), keras.layers.Dense(84), keras.layers.Dense(10, 'softmax')", SPARSE
    ),
}


@pytest.mark.parametrize("code", WRONG)
def test_help_is_code_of_keras(code: str) -> None:
    found = [one for one in check(Source("script.py", WRONG[code])).diagnostics if one.code == code]
    assert found
    for one in found:
        assert one.help
        assert not any(SPEC.search(text) for text in one.help), one.help


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("put `- {type: flatten}` before it", "put `keras.layers.Flatten()` before it"),
        ("write `type: conv1d`", "write `keras.layers.Conv1D()`"),
        ("write `shape: [28, 28, 1]`", "write `input_shape=(28, 28, 1)`"),
        ("write `learning_rate: 0.001`", "write `learning_rate=0.001`"),
        ("write `parameterization: logits`", "write `from_logits=True` in the loss"),
        ("delete it", "delete it"),
        ("write `method: flipout`", None),
    ],
)
def test_fragments_of_a_spec_become_code(text: str, expected: str | None) -> None:
    assert in_code(text, has_distribution=False) == expected


def test_the_kl_weight_names_the_rows_and_the_argument_of_the_layer() -> None:
    text = (
        "import tf_keras as keras\nimport tensorflow_probability as tfp\n"
        "(x, y), _ = keras.datasets.mnist.load_data()\n"
        "model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)),\n"
        "    tfp.layers.DenseVariational(10, posterior, prior)])\n"
        "model.compile('adam', loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n"
        "model.fit(x / 255, y, validation_split=0.1)\n"
    )
    (found,) = check(Source("script.py", text)).diagnostics
    assert found.code == "BNN416"
    assert "`kl_weight=1 / 54000`" in found.help[0]
