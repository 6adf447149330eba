"""Options of the test runs, and the tests that `pytest -m quick` runs."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# The same code is tested with the same examples, on every machine and in every run: what fails can
# be run again. New examples are looked for by `make fuzz`.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")

# Tracing a graph makes objects by the ten thousand, which live on: by default Python would look
# through the new ones after each 700.
gc.set_threshold(20_000, 20, 20)

# On some processors TensorFlow leaves oneDNN off: then convolutions take twice as long, and the
# numbers are others than elsewhere.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# Workers share the cores: each takes one, as threads that wait for each other cost a tenth more.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

TESTS = Path(__file__).parent
# The folders and files whose tests train, or import TensorFlow in another way. All others are quick.
NEED_TENSORFLOW = tuple(
    TESTS / place
    for place in (
        "cli/test_before_tensorflow.py",
        "cli/test_calibrate.py",
        "cli/test_card.py",
        "cli/test_commands.py",
        "cli/test_composition.py",
        "cli/test_doctor.py",
        "cli/test_ensemble_run.py",
        "cli/test_evaluate.py",
        "cli/test_export.py",
        "cli/test_kill_and_resume.py",
        "cli/test_logging.py",
        "cli/test_members.py",
        "cli/test_ordinary_circumstances.py",
        "cli/test_ray.py",
        "cli/test_report.py",
        "cli/test_runs.py",
        "cli/test_sweep.py",
        "cli/test_training_progress.py",
        "compiler/analysis/test_output_branches.py",
        "compiler/backend",
        "compiler/diagnosis/test_symptoms.py",
        "compiler/rules/test_learnability.py",
        "compiler/rules/test_learnability_of_training.py",
        "compiler/rules/test_sngp.py",
        "corpus/test_corrected.py",
        "docs/test_pages.py",
        "laws",
        "runtime",
        "scripts/test_against_keras.py",
        "serving/test_served_runs.py",
        "specs/test_priors.py",
    )
)
# Their graphs are not rewritten by Grappler: that takes a quarter of the time of a program that is
# compiled, trained for some steps and asked, and changes no meaning. All other tests run what users
# run.
WITHOUT_GRAPPLER = tuple(
    TESTS / place
    for place in (
        "compiler/analysis",
        "compiler/diagnosis",
        "compiler/rules",
        "corpus",
        "laws",
        "runtime/calibration",
        "runtime/data",
        "runtime/diagnosis",
        "runtime/evaluation",
        "runtime/prediction",
        "runtime/test_backbone.py",
        "runtime/test_backbone_program.py",
        "runtime/test_model.py",
        "runtime/test_outputs_end_to_end.py",
        "runtime/test_series_and_volumes.py",
        "runtime/training",
        "scripts",
        "specs",
    )
)
LAST = "test_quick_tests.py"
TENSORFLOW = {"keras", "tensorflow", "tensorflow_probability", "tf_keras"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--specs N`: how many generated specs are built; `--every`: train every corrected spec."""
    parser.addoption("--every", action="store_true", help="train every corrected spec")
    parser.addoption(
        "--specs", type=int, default=40, help="how many generated specs are compiled and built"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse TensorFlow to quick tests, so that the one that imports it fails.

    A shell's background jobs ignore SIGINT, and so would every process that a test starts.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if _only_quick(config) and not TENSORFLOW & set(sys.modules):
        sys.meta_path.insert(0, _NoTensorFlow())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files that `-m quick` and `-m "not quick"` take no test of, unimported."""
    if collection_path.name == LAST:
        return None if _only_quick(config) else True
    if _only_quick(config):
        return None if _is_quick(collection_path) else True
    is_test = collection_path.match("test_*.py")
    unwanted = config.option.markexpr == "not quick" and is_test and _is_quick(collection_path)
    return True if unwanted else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick tests, and put last the one that looks back on them."""
    for item in items:
        if _is_quick(item.path):
            item.add_marker(pytest.mark.quick)
    items.sort(key=lambda item: item.path.name == LAST)


def _only_quick(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "quick")


@pytest.fixture(scope="module", autouse=True)
def grappler(request: pytest.FixtureRequest) -> Iterator[None]:
    """Switch Grappler off for the modules in `WITHOUT_GRAPPLER`, and TensorFlow's tracebacks whole.

    Shortening the traceback of every call of TensorFlow and Keras takes a tenth of the time.
    """
    if _is_quick(request.path):
        yield
        return
    import keras
    import tensorflow as tf

    tf.debugging.disable_traceback_filtering()
    keras.config.disable_traceback_filtering()
    off = any(request.path.is_relative_to(place) for place in WITHOUT_GRAPPLER)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": off})
    yield


@cache
def _is_quick(path: Path) -> bool:
    return not any(path.is_relative_to(place) for place in NEED_TENSORFLOW)


class _NoTensorFlow:
    """A finder that finds TensorFlow and Keras for nobody."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise for a package of TensorFlow's; leave every other to the finders that follow."""
        if name.split(".")[0] in TENSORFLOW:
            raise RuntimeError(f"A quick test imports {name}: name its file in tests/conftest.py")
        return None
