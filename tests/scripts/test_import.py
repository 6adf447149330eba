"""Imported specs say what the script says, and name what they do not cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnnc.compiler.pipeline import check, check_bytes
from bnnc.compiler.scripts.read import read_script
from bnnc.compiler.scripts.write_spec import write_spec
from bnnc.compiler.text.source import Source
from tests.scripts.test_corpus import FOLDER, SCRIPTS


def imported(script: Path) -> str:
    read = read_script(Source(script.name, script.read_text(encoding="utf-8")))
    return write_spec(read, script.name)


@pytest.mark.parametrize(
    "script",
    [one for one in SCRIPTS if one.stem.startswith("right-")],
    ids=lambda script: script.stem,
)
def test_the_spec_of_a_right_script_has_no_errors(script: Path) -> None:
    report = check(Source("spec.yaml", imported(script), ""))
    if ":  # write it here" not in report.source.text:
        assert report.ok, report


def test_the_spec_of_a_wrong_script_has_no_other_errors() -> None:
    for script in SCRIPTS:
        of_script = check_bytes(script.name, script.read_bytes())
        if of_script.tree is None or any(one.code == "BNN703" for one in of_script.diagnostics):
            continue  # what is not known is left empty, with a comment
        found = check(Source("spec.yaml", imported(script), "")).diagnostics
        errors = {one.code for one in found if one.severity == "error"}
        assert errors <= {one.code for one in of_script.diagnostics}, script.name


def test_what_is_not_covered_and_what_was_decided_is_said() -> None:
    text = imported(FOLDER / "right-mc-dropout.py")
    assert "# Line 12: dropout that is always active is written as `method: mc_dropout`." in text
    assert "# Line 15 is not covered: `callbacks` of `fit`." in text
    assert "bayesian: {method: mc_dropout, layers: [dropout_1]}" in text


def test_a_residual_network_becomes_residual_blocks() -> None:
    text = imported(FOLDER / "right-resnet.py")
    assert text.count("type: residual") == 9
    assert text.count("    shortcut: projection") == 2
    report = check(Source("spec.yaml", text, ""))
    assert report.diagnostics == ()


def test_branches_become_a_parallel_block() -> None:
    text = imported(FOLDER / "inception-softmax-as-logits.py")
    assert text.count("type: parallel") == 2


def test_a_value_that_is_not_known_is_left_out() -> None:
    text = imported(FOLDER / "settings-of-a-file.py")
    assert "optimizer: {type: adam}}" in text
    assert "`learning_rate` is not known" in text
    assert "output:  # write it here" in text


DENSE_VARIATIONAL = """\
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
tfd = tfp.distributions
(x, y), _ = keras.datasets.mnist.load_data()
def prior(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    return {}
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseVariational(10, posterior, prior, 1 / 60000)])
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x / 255, y)
"""


@pytest.mark.parametrize(
    ("prior", "scale"),
    [
        ("lambda t: tfd.Independent(tfd.Normal(loc=tf.zeros(n), scale=0.5), 1)", "0.5"),
        ("lambda t: tfd.MultivariateNormalDiag(tf.zeros(n), 0.2 * tf.ones(n))", "0.2"),
        (
            "keras.Sequential([tfp.layers.DistributionLambda("
            "lambda t: tfd.Normal(tf.zeros(n), tf.fill([n], 2.0)))])",
            "2",
        ),
        ("lambda t: tfd.Independent(tfd.Normal(loc=tf.zeros(n), scale=1.0), 1)", None),
    ],
)
def test_a_normal_prior_has_its_scale(prior: str, scale: str | None) -> None:
    text = write_spec(read_script(Source("script.py", DENSE_VARIATIONAL.format(prior))), "a.py")
    section = next(line for line in text.splitlines() if line.startswith("bayesian:"))
    assert ("prior" in section) == (scale is not None)
    assert scale is None or f"prior: {{scale: {scale}}}" in section
    assert "the prior of" not in text


@pytest.mark.parametrize(
    "prior",
    [
        "keras.Sequential([tfp.layers.VariableLayer(n), tfp.layers.DistributionLambda("
        "lambda t: tfd.Normal(t, 1.0))])",
        "lambda t: tfd.Laplace(tf.zeros(n), 1.0)",
        "lambda t: tfd.Normal(tf.zeros(n), 1.0 / n)",
        "lambda t: tfd.Normal(3.0, 0.5)",
    ],
)
def test_a_prior_that_a_spec_does_not_have_is_named(prior: str) -> None:
    text = write_spec(read_script(Source("script.py", DENSE_VARIATIONAL.format(prior))), "a.py")
    assert ": the prior of `make_prior_fn` is written as normal with a scale of 1." in text


def test_a_row_of_numbers_is_a_row_of_features() -> None:
    script = (
        "import keras\n"
        "model = keras.Sequential([keras.layers.Input((10,)), keras.layers.Dense(1)])\n"
        'model.compile("adam", loss="mse")\n'
        "model.fit(load() / 10, y)\n"
    )
    text = write_spec(read_script(Source("script.py", script)), "a.py")
    assert "input: {shape: [10]}\nlayers:\n  - {type: dense, units: 1}\n" in text
    assert "# Line 2: each feature is standardised by the training rows." in text
    assert check(Source("spec.yaml", text, "")).diagnostics == ()


def test_all_pixels_in_a_row_are_those_of_the_images() -> None:
    script = DENSE_VARIATIONAL.format("lambda t: tfd.Normal(tf.zeros(n), 1.0)")
    script = script.replace("Flatten(input_shape=(28, 28))", "Input((784,))")
    script = script.replace("model.fit(x / 255", "model.fit(x.reshape(-1, 784) / 255")
    text = write_spec(read_script(Source("script.py", script)), "a.py")
    assert "input: {shape: [28, 28, 1]}\nlayers:\n  - {type: flatten}\n" in text
