"""The layers in a model of one's own: `bnnc.BayesianModel` adds their KL, and Keras's is refused."""

import inspect
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc import layers, outputs, priors
from bnnc.runtime.layer_stub import stub

ROOT = Path(__file__).parents[2]
CLASSES, ROWS = 3, 12
IMAGES = np.random.default_rng(0).normal(size=(ROWS, 5)).astype("float32")
LABELS = np.arange(ROWS) % CLASSES
CATEGORICAL = outputs.Categorical(parameterization="logits", labels="integer", classes=CLASSES)
CROSSENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def graph(*between: Any) -> tuple[Any, Any]:
    inputs = keras.Input((5,))
    x = inputs
    for layer in between:
        x = layer(x)
    return inputs, x


def eager(model: Any, *args: Any) -> Any:
    model.compile("sgd", *args)
    model.run_eagerly = True
    return model


def test_the_loss_is_the_likelihood_and_a_share_of_the_kl() -> None:
    head = layers.VariationalDense(CLASSES, prior=priors.NormalPrior(scale=1.0))
    model = eager(bnnc.BayesianModel(*graph(head), output=CATEGORICAL, seed=1))
    kl = float(head.kl_divergence())
    history = model.fit(IMAGES, LABELS, batch_size=ROWS, epochs=1, verbose=0).history
    assert kl > 1
    np.testing.assert_allclose(history["kl"][0], kl, rtol=1e-6)
    np.testing.assert_allclose(history["loss"][0], history["nll"][0] + kl / ROWS, rtol=1e-5)


@pytest.mark.parametrize("weight", [0.0, 0.25])
def test_the_weight_of_the_kl_is_what_it_is_given(weight: float) -> None:
    head = layers.Rank1Dense(CLASSES)
    model = bnnc.BayesianModel(*graph(head), output=CATEGORICAL, kl_weight=weight, temperature=0.5)
    assert model.objective.full_weight == 0.5 * weight
    history = eager(model).fit(IMAGES, LABELS, batch_size=ROWS, epochs=1, verbose=0).history
    expected = history["nll"][0] + 0.5 * weight * history["kl"][0]
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-5)


def test_it_predicts_and_is_loaded_again(tmp_path: Path) -> None:
    head = layers.VariationalDense(CLASSES)
    model = bnnc.BayesianModel(*graph(keras.layers.Dense(4), head), output=CATEGORICAL)
    model.save(tmp_path / "own.keras")
    loaded = keras.saving.load_model(tmp_path / "own.keras")
    before, after = (
        bnnc.predictor_of(one).predict(IMAGES, samples=3, seed=2) for one in (model, loaded)
    )
    assert isinstance(before, bnnc.Prediction)
    assert isinstance(after, bnnc.Prediction)
    assert before.probs.shape == (ROWS, CLASSES)
    np.testing.assert_array_equal(before.probs, after.probs)


KL_LAYERS: dict[str, Any] = {
    "variational": lambda: layers.VariationalDense(CLASSES),
    "rank 1": lambda: layers.Rank1Dense(CLASSES),
    "concrete dropout": lambda: layers.ConcreteDropout(0.1),
    "gaussian process": lambda: layers.RandomFeatureGaussianProcess(CLASSES, num_inducing=8),
}


@pytest.mark.parametrize("kind", KL_LAYERS)
def test_a_model_of_keras_that_would_drop_the_kl_says_so(kind: str) -> None:
    layer = KL_LAYERS[kind]()
    model = eager(keras.Sequential([layer, keras.layers.Dense(CLASSES)]), CROSSENTROPY)
    with pytest.raises(bnnc.ArgumentError) as error:
        model.fit(IMAGES, LABELS, verbose=0)
    assert str(error.value).startswith(
        f"The loss of Sequential {model.name!r} would leave out the KL divergence of layer "
        f"{layer.name!r}"
    )
    assert "`bnnc.BayesianModel(inputs, outputs, output=...)`" in str(error.value)
    assert model.predict(IMAGES, verbose=0).shape == (ROWS, CLASSES)  # nothing is trained there


def test_a_traced_step_says_it_in_the_same_words() -> None:
    model = keras.Model(*graph(layers.VariationalDense(CLASSES)))
    model.compile("sgd", CROSSENTROPY)
    with pytest.raises(bnnc.ArgumentError, match="^The loss of Functional") as error:
        model.fit(IMAGES, LABELS, verbose=0)
    assert str(error.value).endswith("in a `train_step` of your own")


class OwnStep(keras.Model):
    """A model that adds the KL by itself."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> tf.Tensor:
        return super().compute_loss(*args, **kwargs) + self.layers[-1].kl_divergence() / ROWS


def test_steps_and_loops_of_ones_own_are_left_alone() -> None:
    model = eager(OwnStep(*graph(layers.VariationalDense(CLASSES))), CROSSENTROPY)
    model.fit(IMAGES, LABELS, verbose=0)
    plain = keras.Model(*graph(layers.VariationalDense(CLASSES)))
    assert plain(IMAGES, training=True).shape == (ROWS, CLASSES)


def test_a_kl_inside_of_another_model_is_refused() -> None:
    inner = keras.Sequential([layers.VariationalDense(CLASSES, name="deep")], name="inner")
    with pytest.raises(
        bnnc.ArgumentError, match="'deep' would be left out: it is inside of 'inner'"
    ):
        bnnc.BayesianModel(*graph(inner), output=CATEGORICAL)


def test_outputs_of_another_width_are_refused() -> None:
    with pytest.raises(bnnc.ArgumentError, match=r"Expected outputs of the shape \(None, 3\)"):
        bnnc.BayesianModel(*graph(layers.VariationalDense(4)), output=CATEGORICAL)
    inputs, x = graph(layers.VariationalDense(3))
    objective = bnnc.BayesianModel(inputs, x, output=CATEGORICAL).objective
    with pytest.raises(bnnc.ArgumentError, match="Expected one of `output` and `objective`"):
        bnnc.BayesianModel(inputs, x, output=CATEGORICAL, objective=objective)


# What is published.


def test_every_layer_has_a_page_with_its_arguments_and_a_place_in_the_documentation() -> None:
    page = (ROOT / "docs/layers.md").read_text()
    for name in layers.__all__:
        one = getattr(layers, name)
        assert issubclass(one, keras.layers.Layer)
        assert f"`{name}`" in page
        documented = set(re.findall(r"^ +(\w+(?:, \w+)*):", one.__doc__, re.MULTILINE))
        documented = {word for words in documented for word in words.split(", ")}
        own = [
            argument.name
            for argument in inspect.signature(one).parameters.values()
            if argument.annotation is not inspect.Signature.empty
            and argument.kind is not inspect.Parameter.VAR_KEYWORD
            and argument.kind is not inspect.Parameter.VAR_POSITIONAL
        ]
        assert set(own) <= documented, name


def test_what_type_checkers_know_is_what_there_is() -> None:
    written = (ROOT / "bnnc/layers.pyi").read_text()
    assert written == stub(), "run `python -m bnnc.runtime.layer_stub`"


def test_defaults_are_those_of_the_language() -> None:
    from bnnc.specs.bayesian import Bayesian
    from bnnc.specs.posterior import NormalPosterior

    fields = Bayesian.model_fields
    variational = inspect.signature(layers.VariationalDense).parameters
    assert variational["estimator"].default == "flipout"
    assert variational["initial_scale"].default == NormalPosterior().initial_scale
    assert inspect.signature(layers.Rank1Dense).parameters["members"].default == 4
    assert fields["members"].default == 4
    bound = inspect.signature(layers.SpectralNormalizedDense).parameters["norm_multiplier"]
    assert bound.default == fields["norm_multiplier"].default
