"""The emitted `model.py` is the model, bit for bit, and nothing but the model."""

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import lower
from bnnc.compiler.planning.make_plan import make_plan
from tests.compiler.backend.conftest import Compiled, compile_document
from tests.generated import DESCRIPTIONS, covering_specs, random_spec

EXECUTED = 12
PRINTED = 40  # every kind of layer, method, output and so on is among them


def source_of(document: dict[str, Any]) -> str:
    """The emitted source, without TensorFlow."""
    spec = bnnc.check(document).accepted()
    plan = make_plan(spec)
    return emit(spec, plan, lower(spec, plan))


@pytest.fixture(scope="module")
def sources() -> list[str]:
    return [source_of(document) for document in covering_specs(PRINTED)]


@pytest.fixture(scope="module")
def fresh() -> list[Compiled]:
    """Programs that no other test has trained, an ensemble among them."""
    specs = covering_specs(PRINTED)
    ensemble = next(one for one in specs if (one.get("ensemble") or {}).get("members", 1) > 1)
    return [compile_document(document) for document in (*specs[:EXECUTED], ensemble)]


def execute(source: str) -> list[Any]:
    """The models that the source builds: one, or one a member of an ensemble."""
    namespace = execute_module(source)
    build_model = namespace["build_model"]
    seeds = namespace.get("SEEDS")
    return [build_model()] if seeds is None else [build_model(seed) for seed in seeds]


def execute_module(source: str) -> dict[str, Any]:
    """The names that the source defines, in a namespace of its own."""
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, "model.py", "exec"), namespace)  # noqa: S102  # what is tested is source
    return namespace


def settings_of(optimizer: Any) -> dict[str, Any]:
    """An optimizer's config without its name, which Keras numbers."""
    config = {key: one for key, one in optimizer.get_config().items() if key != "name"}
    if "inner_optimizer" in config:
        config["inner_optimizer"] = settings_of(optimizer.inner_optimizer)
    return config


def test_the_source_builds_the_same_model_bit_for_bit(fresh: list[Compiled]) -> None:
    assert any(len(compiled.program.models) > 1 for compiled in fresh)
    pairs = (
        (compiled, *pair)
        for compiled in fresh
        for pair in zip(compiled.program.models, execute(compiled.program.source), strict=True)
    )
    for compiled, model, emitted in pairs:
        assert type(emitted) is type(model)
        assert emitted.get_config() == model.get_config(), compiled
        assert settings_of(emitted.optimizer) == settings_of(model.optimizer), compiled
        assert_equal_weights(model, emitted)
        # Then one step on the same batch: the same loss, the same weights.
        batch = compiled.batch()
        for one in (model, emitted):
            one.bind(rows=100, batch_size=4)
            if not one.optimizer.built:
                one.optimizer.build(one.trainable_variables)
        expected, received = model.train_step(batch), emitted.train_step(batch)
        assert float(received["loss"]) == float(expected["loss"]), compiled
        assert_equal_weights(model, emitted)


def test_the_source_says_batch_size_and_epochs(fresh: list[Compiled]) -> None:
    for compiled in fresh:
        namespace = execute_module(compiled.program.source)
        training = compiled.program.spec.training
        assert namespace["BATCH_SIZE"] == training.batch_size
        assert namespace["EPOCHS"] == training.epochs


def test_the_source_imports_keras_and_the_runtime_only(sources: list[str]) -> None:
    for source in sources:
        imported: set[str] = set()
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.ImportFrom)
            if isinstance(node, ast.Import):
                imported |= {one.name for one in node.names}
        assert imported == {"keras", "bnnc.runtime"}


def test_the_source_calls_nothing_but_keras_and_the_runtime(sources: list[str]) -> None:
    for source in sources:
        tree = ast.parse(source)
        kinds = [type(one).__name__ for one in tree.body]
        kinds = [kind for kind in kinds if kind != "Assign"]
        functions = kinds.count("FunctionDef")
        assert kinds == ["Expr", "Import", "Import", *["FunctionDef"] * functions, "If"]
        defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).split("(")[0].split(".")[0]
                assert called in {"keras", "bnn", "model", *defined}
            if isinstance(node, ast.Name):
                assert node.id in {
                    *("keras", "bnn", "images", "x", "model", "build_model", "__name__"),
                    *("BATCH_SIZE", "EPOCHS", "SEED", "SEEDS", "seed", "int", *defined),
                    *(one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)),
                } or re.fullmatch(r"(shortcut|stem|branch)(_\d+)?", node.id)


@pytest.mark.parametrize("width", [88, 100])
def test_a_formatter_and_a_linter_find_nothing_to_change(
    sources: list[str], tmp_path: Path, width: int
) -> None:
    for number, source in enumerate(sources):
        (tmp_path / f"model_{number}.py").write_text(source, encoding="utf-8")
    options = ["--isolated", "--line-length", str(width), str(tmp_path)]
    ruff = [sys.executable, "-m", "ruff"]
    formatted = subprocess.run(
        [*ruff, "format", "--diff", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stdout[:3000] + formatted.stderr
    checked = subprocess.run(
        [*ruff, "check", "--extend-select", "I,UP,B,SIM,RUF,C4,N", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[:3000] + checked.stderr


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_a_description_never_reaches_the_source(description: str) -> None:
    document = random_spec(Random(1))
    document.pop("description", None)
    assert source_of({**document, "description": description}) == source_of(document)


HOSTILE_NAMES = (
    *('"', "'", '"""', "a\n", "\na", "a\\", "a b", "a;b", "a(b)", "{a}", "%s", "a\u2028b", "é"),
    *("a\u0000", "a\r", "", "a/b", "$(a)", "#a"),
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_more_than_a_name_is_refused(name: str) -> None:
    document = random_spec(Random(1))
    assert not bnnc.check({**document, "name": name}).ok
    document["layers"][0]["name"] = name
    assert not bnnc.check(document).ok


def assert_equal_weights(expected: Any, received: Any) -> None:
    """Every variable of the models is the same, bit for bit."""
    for one, other in zip(expected.variables, received.variables, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))


RESIDUAL = {
    "type": "residual",
    "activation": "relu",
    "body": [{"type": "conv2d", "filters": 4, "kernel_size": 3, "padding": "same"}] * 2,
}
REPEATED = {
    "bnnc": 1,
    "name": "repeated",
    "input": {"shape": [4, 4, 1]},
    "layers": [
        {"type": "conv2d", "filters": 4, "kernel_size": 3, "padding": "same"},
        {"type": "repeat", "times": 3, "body": [RESIDUAL]},
        {
            "type": "parallel",
            "branches": [[{"type": "repeat", "times": 2, "body": [RESIDUAL]}], []],
        },
        {"type": "flatten"},
        {"type": "dense", "units": 2},
    ],
    "bayesian": {"method": "flipout"},
    "prediction": {"samples": 3},
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 2,
        "labels": "integer",
    },
}


@pytest.mark.parametrize("members", [1, 2])
def test_repeated_blocks_are_calls_of_a_function_that_makes_the_same_layers(members: int) -> None:
    document = {**REPEATED, "ensemble": {"members": members}} if members > 1 else REPEATED
    program = compile_document(document).program
    assert program.source.count("def residual_block(") == 1
    assert program.source.count(" residual_block(x, ") == 3
    for model, emitted in zip(program.models, execute(program.source), strict=True):
        assert emitted.get_config() == model.get_config()
        assert_equal_weights(model, emitted)


@pytest.mark.parametrize("members", [1, 2])
def test_the_docstring_shows_a_prediction_that_runs(
    members: int, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {**REPEATED, "ensemble": {"members": members}} if members > 1 else REPEATED
    source = source_of(document)
    namespace = execute_module(source)
    build, seeds = namespace["build_model"], namespace.get("SEEDS", ())
    namespace["model"] = build(*seeds[:1])
    namespace["models"] = [build(seed) for seed in seeds]
    namespace["images"] = np.zeros((2, 4, 4, 1), np.float32)
    shown = ast.get_docstring(ast.parse(source))
    assert shown is not None
    exec(textwrap.dedent(shown.split("To predict")[1].partition(":\n")[2]), namespace)  # noqa: S102
    assert namespace["prediction"].probs.shape == (2, 2)
    assert capsys.readouterr().out
