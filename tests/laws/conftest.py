"""The members that every law of the layers is held against: layer classes, estimators, priors."""

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

with warnings.catch_warnings():
    # TFP compares TensorFlow's version through distutils when it is first imported.
    warnings.filterwarnings("ignore", "distutils Version classes", DeprecationWarning)
    import tensorflow_probability as tfp

import bnnc.runtime.layers
from bnnc.runtime.estimators import ESTIMATORS
from bnnc.runtime.layers.variational import Variational
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.priors import PRIORS, Prior
from bnnc.runtime.softplus import unconstrained

SEED = 20
DRAWS = 1000

# Arguments and shape of one example, by layer class. A class that is missing fails
# `test_every_variational_layer_is_held_against_the_laws`.
CASES: dict[str, dict[str, tuple[dict[str, Any], tuple[int, ...]]]] = {
    "VariationalDense": {
        "features": ({"units": 4}, (5,)),
        "sequence": ({"units": 3}, (4, 3)),
        "no bias": ({"units": 4, "use_bias": False}, (5,)),
    },
    "VariationalConv2D": {
        "valid": ({"filters": 3, "kernel_size": 2}, (3, 4, 2)),
        "same": ({"filters": 3, "kernel_size": 3, "padding": "same"}, (3, 2, 2)),
        "strides": ({"filters": 2, "kernel_size": (3, 2), "strides": (1, 2)}, (4, 5, 3)),
        "dilation": ({"filters": 2, "kernel_size": 2, "dilation_rate": 2}, (4, 4, 2)),
        "groups": ({"filters": 4, "kernel_size": 2, "groups": 2}, (3, 3, 4)),
    },
    "VariationalConv1D": {
        "valid": ({"filters": 4, "kernel_size": 2}, (4, 3)),
        "causal": (
            {"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
            (6, 3),
        ),
        "groups": ({"filters": 4, "kernel_size": 2, "groups": 2, "strides": 2}, (5, 4)),
    },
    "VariationalConv3D": {
        "valid": ({"filters": 2, "kernel_size": 2}, (2, 3, 2, 2)),
        "groups": ({"filters": 2, "kernel_size": (1, 2, 2), "groups": 2}, (2, 2, 2, 4)),
    },
    "VariationalConv2DTranspose": {
        "valid": ({"filters": 3, "kernel_size": 2}, (2, 2, 2)),
        "strides": ({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (2, 3, 4)),
    },
    "VariationalDepthwiseConv1D": {
        "valid": ({"kernel_size": 2}, (4, 3)),
        "multiplier": (
            {"kernel_size": 3, "depth_multiplier": 2, "padding": "same", "dilation_rate": 2},
            (4, 2),
        ),
        "strides": ({"kernel_size": 2, "strides": 2}, (5, 4)),
    },
    "VariationalDepthwiseConv2D": {
        "valid": ({"kernel_size": 2}, (3, 3, 4)),
        "multiplier": ({"kernel_size": 2, "depth_multiplier": 2, "padding": "same"}, (3, 2, 3)),
        "strides": ({"kernel_size": 2, "strides": 2}, (4, 4, 4)),
        "dilation": ({"kernel_size": 2, "dilation_rate": 2}, (4, 3, 4)),
    },
}


def variational_layers() -> dict[str, type[Variational]]:
    """Find the layer classes of the package by looking into its modules."""
    found = {}
    for module in pkgutil.iter_modules(bnnc.runtime.layers.__path__):
        members = vars(importlib.import_module(f"bnnc.runtime.layers.{module.name}"))
        for name, member in members.items():
            if inspect.isclass(member) and issubclass(member, Variational):
                found[name] = member
    del found["Variational"]
    return found


def priors() -> dict[str, Prior]:
    """Return every registered prior, and what variants of it there are."""
    variants: dict[str, tuple[str, Any]] = {
        "learned": ("learned", True),
        "elsewhere": ("loc", 0.3),
        "tied": ("tied", True),
    }
    found: dict[str, Prior] = {}
    for name, prior_class in PRIORS.items():
        found[name] = prior_class()
        known = {field.name for field in fields(prior_class)}
        for variant, (field, value) in variants.items():
            if field in known:
                found[f"{name}, {variant}"] = prior_class.from_config({field: value})
    return found


@dataclass(frozen=True)
class Case:
    """One way to call a layer class."""

    layer_class: type[Variational]
    arguments: dict[str, Any]
    example_shape: tuple[int, ...]

    def layer_as_built(self, estimator: str, **arguments: Any) -> Variational:
        """Build the layer."""
        layer = self.layer_class(
            **{**self.arguments, "seed": SEED, **arguments}, estimator=estimator
        )
        layer.build((None, *self.example_shape))
        return layer

    def layer(self, estimator: str, **arguments: Any) -> Variational:
        """Build the layer, and give every weight another scale and the bias a value."""
        layer = self.layer_as_built(estimator, **arguments)
        generator = np.random.default_rng(SEED)
        scale = generator.uniform(0.05, 0.5, layer.kernel.shape)
        layer.kernel_unconstrained_scale.assign(np.vectorize(unconstrained)(scale))
        if layer.use_bias:
            layer.bias.assign(generator.normal(size=layer.bias.shape))
        if layer.bayesian_bias:
            scale = generator.uniform(0.2, 0.8, layer.bias.shape)
            layer.bias_unconstrained_scale.assign(np.vectorize(unconstrained)(scale))
        return layer

    def inputs(self) -> tf.Tensor:
        """Three examples, the first two of them equal."""
        generator = np.random.default_rng(SEED + 1)
        first, third = generator.normal(size=(2, *self.example_shape))
        return tf.constant(np.stack([first, first, third]), tf.float32)


def with_bayesian_bias(name: str) -> tuple[str, tuple[dict[str, Any], tuple[int, ...]]]:
    """The first case of a class, its bias having a posterior too."""
    arguments, shape = next(iter(CASES[name].values()))
    return "Bayesian bias", ({**arguments, "bayesian_bias": True}, shape)


ALL_CASES = {
    f"{class_name}, {name}": Case(layer_class, *case)
    for class_name, layer_class in variational_layers().items()
    if class_name in CASES
    for name, case in (*CASES[class_name].items(), with_bayesian_bias(class_name))
}


@pytest.fixture(params=ALL_CASES.values(), ids=list(ALL_CASES), scope="session")
def case(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=sorted(variational_layers()))
def first_case(request: pytest.FixtureRequest) -> Case:
    """One case of every layer class, for what does not depend on the arguments."""
    name = request.param
    return next(case for label, case in ALL_CASES.items() if label.startswith(f"{name},"))


def _first_of_its_class(label: str) -> bool:
    name = label.split(",")[0]
    return label == next(one for one in ALL_CASES if one.startswith(f"{name},"))


def cases_under_estimators() -> dict[str, tuple[Case, str]]:
    """Every class under every estimator, and its further arguments under each of them in turn.

    What the arguments change is the operation, which all estimators share.
    """
    names = sorted(ESTIMATORS)
    further = 0
    found: dict[str, tuple[Case, str]] = {}
    for label, case in ALL_CASES.items():
        under = names
        if not _first_of_its_class(label):
            under, further = [names[further % len(names)]], further + 1
        found |= {f"{label}, {name}": (case, name) for name in under}
    return found


@pytest.fixture(
    params=cases_under_estimators().values(), ids=list(cases_under_estimators()), scope="session"
)
def case_and_estimator(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="session")
def named_case() -> Callable[[str], Case]:
    return ALL_CASES.__getitem__


@pytest.fixture(scope="session")
def dense_case() -> Case:
    return ALL_CASES["VariationalDense, features"]


@pytest.fixture(params=sorted(ESTIMATORS), scope="session")
def estimator_name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=priors().values(), ids=list(priors()))
def prior(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def a_prior(request: pytest.FixtureRequest) -> Any:
    """One of the priors, each in turn over what else a test varies: none of it knows the prior."""
    return _in_turn(request, list(priors().values()))


@pytest.fixture
def an_estimator(request: pytest.FixtureRequest) -> Any:
    """One of the estimators, each in turn, as `a_prior` is."""
    return _in_turn(request, sorted(ESTIMATORS))


@pytest.fixture
def a_half_precision(request: pytest.FixtureRequest) -> Any:
    """One of the policies in half precision, each in turn, as `a_prior` is."""
    return _in_turn(request, ["mixed_bfloat16", "mixed_float16"])


def _in_turn(request: pytest.FixtureRequest, found: list[Any]) -> Any:
    return found[sum(request.node.callspec.indices.values()) % len(found)]


@pytest.fixture(scope="session")
def layer_classes_without_a_case() -> set[str]:
    return set(variational_layers()) - set(CASES)


Sample = Callable[..., np.ndarray]


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Return the function that calls a layer with many draws: [draws, batch, ...]."""

    def outputs_over_draws(
        layer: Any,
        inputs: tf.Tensor,
        kind: Any = "estimator",
        draws: int = DRAWS,
        jit_compile: bool = False,
        **call: Any,
    ) -> np.ndarray:
        @tf.function(jit_compile=jit_compile)
        def all_outputs() -> tf.Tensor:
            def outputs(index: tf.Tensor) -> tf.Tensor:
                with drawing(Draw(tf.stack([SEED, index]), kind)):
                    return layer(inputs, **call)

            return tf.map_fn(outputs, tf.range(draws), fn_output_signature=layer.compute_dtype)

        return np.asarray(all_outputs(), dtype=np.float64)

    return outputs_over_draws


@pytest.fixture(scope="session")
def training_outputs(sample: Sample) -> Callable[[Case, str], np.ndarray]:
    """Return the function that gives the outputs of a case under an estimator, computed once."""
    known: dict[tuple[int, str], np.ndarray] = {}

    def outputs(case: Case, estimator: str) -> np.ndarray:
        key = (id(case), estimator)
        if key not in known:
            known[key] = sample(case.layer(estimator), case.inputs())
        return known[key]

    return outputs


@pytest.fixture(scope="session")
def tfd() -> Any:
    return tfp.distributions
