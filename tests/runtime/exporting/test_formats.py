"""Every method, output distribution and calibration in every format, next to `program.predict`.

The predictions of all programs of one test are exported as one graph: a conversion takes seconds,
whatever is in it.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.runtime.calibration.calibrators import Dirichlet, Isotonic, Temperature, Vector
from bnnc.runtime.calibration.conformal import interval_of
from bnnc.runtime.calibration.fitted import (
    FittedCalibration,
    FittedCalibrator,
    FittedInterval,
    FittedRejection,
    FittedSets,
)
from bnnc.runtime.exporting.checking import images_to_compare, largest_difference
from bnnc.runtime.exporting.folding import frozen
from bnnc.runtime.exporting.formats import FORMATS
from bnnc.runtime.exporting.numbers import interval
from bnnc.runtime.exporting.predictive import members_of, predictive
from bnnc.runtime.exporting.preflight import LIBRARIES
from bnnc.runtime.prediction.regression_prediction import NumberPrediction
from bnnc.runtime.program import Program
from bnnc.specs.calibration import IntervalMethod, PredictionInterval, PredictionSets, Rejection
from bnnc.specs.methods import NAMES
from bnnc.specs.outputs import OUTPUTS
from tests.support.tiny_program import CLASSES, SHAPE, document, program, shared_program

SAMPLES = 4
IMAGES = images_to_compare(SHAPE, (0.0, 16.0))
BOTH = "loc_and_unconstrained_scale"

# Output section, units and activation of the head.
HEADS: dict[str, tuple[dict[str, Any], int, str | None]] = {
    "categorical": ({"parameterization": "probs", "classes": 3, "labels": "integer"}, 3, "softmax"),
    "one_hot_categorical": (
        {"parameterization": "logits", "classes": 3, "labels": "one_hot"},
        3,
        None,
    ),
    "relaxed_one_hot_categorical": (
        {"parameterization": "logits", "classes": 3, "labels": "soft", "temperature": 0.7},
        3,
        None,
    ),
    "ordered_logistic": ({"parameterization": "loc", "classes": 5, "labels": "integer"}, 1, None),
    "bernoulli": ({"parameterization": "logits", "labels": "binary"}, 1, None),
    "independent_bernoulli": (
        {"parameterization": "logits", "classes": 3, "labels": "multi_hot"},
        3,
        None,
    ),
    "normal": (
        {"parameterization": BOTH, "labels": "real", "label_mean": -40.0, "label_std": 30.0},
        2,
        None,
    ),
    "normal, learned": (
        {"parameterization": "loc", "labels": "real", "scale": "learned", "event_size": 2},
        2,
        None,
    ),
    "student_t": ({"parameterization": BOTH, "labels": "real", "df": 2.5}, 2, None),
    "poisson": ({"parameterization": "log_rate", "labels": "count"}, 1, None),
}


def headed(name: str) -> Program:
    output, units, activation = HEADS[name]
    made = document("reparameterization", posterior={"initial_scale": 0.3})
    made["output"] = {"distribution": name.partition(",")[0], **output}
    made["layers"][-1] = {"type": "dense", "units": units}
    if activation is not None:
        made["layers"][-1]["activation"] = activation
    del made["posterior"]
    return bnnc.compile(made)


def calibrated(one: Program, **parts: Any) -> Program:
    """The program with a calibration that nothing was fitted to."""
    steps = tuple(model.steps_taken for model in one.models)
    fitted = FittedCalibration("rows", "sha256:" + "0" * 64, SAMPLES, steps, **parts)
    one.manifest["calibration"] = fitted.to_dict()
    return one


def of_classes(calibrator: Any, sets: str, threshold: float) -> Program:
    section = PredictionSets.model_validate({"method": sets, "coverage": 0.9})
    return calibrated(
        program("flipout"),
        probabilities=FittedCalibrator(calibrator, 100, 1.0, 0.9),
        sets=FittedSets(section, 100, threshold),
        rejection=FittedRejection(Rejection(risk=0.1), 100, 0.5),
    )


def with_interval() -> Program:
    section = PredictionInterval.model_validate({"method": "cqr", "coverage": 0.9})
    return calibrated(headed("normal"), interval=FittedInterval(section, 100, (-2.0,)))


NUMBERS = np.random.default_rng(1)
STEPS = tuple(np.sort(NUMBERS.uniform(size=7)) for _ in range(CLASSES))
CALIBRATED: dict[str, Callable[[], Program]] = {
    "temperature": partial(of_classes, Temperature(1.7), "lac", 0.6),
    "vector": partial(
        of_classes, Vector(NUMBERS.uniform(0.5, 2, 3), NUMBERS.normal(size=3)), "aps", 0.7
    ),
    "dirichlet": partial(
        of_classes, Dirichlet(NUMBERS.normal(size=(3, 3)), NUMBERS.normal(size=3)), "raps", 0.8
    ),
    "isotonic": partial(of_classes, Isotonic(STEPS, STEPS[::-1]), "lac", 0.5),
    "cqr": with_interval,
}


def everything() -> Iterator[tuple[str, Program]]:
    for method in NAMES:
        yield method, shared_program(method)
    yield "ensemble", program("flipout", ensemble={"members": 2})
    for name in HEADS:
        yield name, headed(name)
    for name, make in CALIBRATED.items():
        yield name, make()


ALL = (*NAMES, "ensemble", *HEADS, *CALIBRATED)


@pytest.fixture(scope="module")
def programs() -> dict[str, Program]:
    return dict(everything())


@pytest.fixture(scope="module")
def function(programs: dict[str, Program]) -> Any:
    """The predictions of all programs, in one graph."""
    parts = [
        (number, predictive(members_of(one._predictor, SAMPLES, None), one.calibration))
        for number, one in enumerate(programs.values())
    ]

    def together(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {f"p{number}_{name}": t for number, f in parts for name, t in f(images).items()}

    return frozen(together, tf.TensorSpec((None, *SHAPE), tf.float32, name="images"))


@pytest.fixture(scope="module", params=list(FORMATS))
def outputs(
    request: pytest.FixtureRequest, function: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp(request.param)
    FORMATS[request.param].write(folder, function, "{}", "float32", set())
    if request.param == "saved-model":
        return in_a_process_of_its_own(folder)
    run = FORMATS[request.param].open(folder)
    assert run is not None
    for rows in (1, 3):  # of no fixed size
        assert len(run(IMAGES[:rows])["p0_probs"]) == rows
    return run(IMAGES)


ALONE = """
import sys
for name in ("bnnc", "keras", "tf_keras", "tensorflow_probability"):
    sys.modules[name] = None  # importing it is an error
import numpy as np
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
made = loaded.signatures["serving_default"](images=tf.constant(np.load(sys.argv[2])))
assert loaded.signatures["description"]()["json"].numpy() == b"{}"
np.savez(sys.argv[3], **{name: one.numpy() for name, one in made.items()})
"""


def in_a_process_of_its_own(folder: Path) -> dict[str, np.ndarray]:
    np.save(folder / "images.npy", IMAGES)
    names = [str(folder), str(folder / "images.npy"), str(folder / "made.npz")]
    subprocess.run([sys.executable, "-c", ALONE, *names], check=True, stderr=subprocess.PIPE)
    return dict(np.load(folder / "made.npz"))


@pytest.mark.parametrize("name", ALL)
def test_an_export_predicts_what_the_program_does(
    name: str, outputs: dict[str, np.ndarray], programs: dict[str, Program]
) -> None:
    one = programs[name]
    prefix = f"p{ALL.index(name)}_"
    own = {key.removeprefix(prefix): v for key, v in outputs.items() if key.startswith(prefix)}
    [member, *_] = members_of(one._predictor, SAMPLES, None)
    difference = largest_difference(
        lambda images: dict(own),
        one,
        samples=SAMPLES,
        seed=None,
        calibrated=True,
        one_by_one=bool(member.layers_with_shared_noise),
    )
    assert difference < 1e-5


def test_nothing_random_and_no_variable_is_left(function: Any) -> None:
    graph = function.get_concrete_function().graph
    assert not graph.variables
    kinds = {operation.type for operation in graph.get_operations()}
    assert not [kind for kind in kinds if "Random" in kind or "While" in kind or "Read" in kind]


def test_every_output_distribution_and_format_is_here() -> None:
    assert {name.partition(",")[0] for name in HEADS} == set(OUTPUTS)
    assert set(FORMATS) == set(LIBRARIES)


def test_quantiles_of_counts_are_exact(
    outputs: dict[str, np.ndarray], programs: dict[str, Program]
) -> None:
    wanted = programs["poisson"].predict(IMAGES, SAMPLES).quantiles  # type: ignore[union-attr]
    np.testing.assert_array_equal(outputs[f"p{ALL.index('poisson')}_quantiles"], wanted.T)


def test_only_local_reparameterization_has_noise_that_images_share(
    programs: dict[str, Program],
) -> None:
    found = {
        name: members_of(programs[name]._predictor, SAMPLES, None)[0].layers_with_shared_noise
        for name in NAMES
    }
    assert {name for name, layers in found.items() if layers} == {"local_reparameterization"}


@pytest.mark.parametrize("method", ["absolute", "normalized", "cqr"])
def test_intervals_are_those_of_the_program(method: IntervalMethod) -> None:
    made = headed("normal, learned").predict(IMAGES, SAMPLES)
    assert isinstance(made, NumberPrediction)
    thresholds = np.array([0.7, -0.2 if method == "cqr" else 0.2])
    wanted = interval_of(method, 0.9, made, thresholds)
    found = interval(
        method, 0.9, thresholds.tolist(), *map(tf.constant, (made.mean, made.std, made.quantiles))
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)
