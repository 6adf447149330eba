"""`bnnc serve` of runs and exports: answers are those of `bnnc predict`, and the process ends well."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.runtime.exporting.checking import named_outputs
from bnnc.runtime.program import Program
from bnnc.serving.preflight import Limits, description_of_export
from bnnc.serving.served import ServedModel, served_export, served_program
from tests.support.serving import client_of, request_of, run_async
from tests.support.tiny_program import arrays, document, program

IMAGES = arrays(6, seed=7)[0]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def trained() -> Program:
    made = program()
    made.fit(*arrays(60), epochs=1, verbose=0)
    made.calibrate(*arrays(40, seed=1), sets={"method": "lac", "coverage": 0.8})
    return made


@pytest.fixture(scope="module")
def folder(trained: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs") / "run"
    trained.save(made)
    return made


@pytest.fixture(scope="module")
def exported(trained: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("exports") / "onnx"
    trained.export(made, "onnx", samples=4, seed=5)
    return made


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(one) for one in arguments])
        printed = capsys.readouterr()
        return code, printed.out, " ".join(printed.err.split())

    return call


def inferred(
    model: ServedModel, requests: list[np.ndarray], limits: Limits | None = None
) -> list[dict[str, Any]]:
    """The outputs of requests that are sent at the same time."""

    async def sent() -> list[httpx.Response]:
        async with client_of(model, limits) as client:
            name = f"/v2/models/{model.name}/infer"
            bodies = [request_of(one, model.input_name) for one in requests]
            return await asyncio.gather(*(client.post(name, json=one) for one in bodies))

    found = []
    for response in run_async(sent()):
        assert response.status_code == 200, response.text
        outputs = response.json()["outputs"]
        found.append({one["name"]: np.array(one["data"]).reshape(one["shape"]) for one in outputs})
    return found


def test_an_answer_is_what_predict_gives_with_the_same_draws_and_seed(trained: Program) -> None:
    model = served_program(trained, samples=3, seed=11)
    [found] = inferred(model, [IMAGES])
    wanted = named_outputs(trained.predict(IMAGES, 3, seed=11))
    assert set(found) == set(wanted)
    assert "sets" in found
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_requests_that_are_predicted_together_differ_by_rounding_alone(trained: Program) -> None:
    model = served_program(trained)
    assert model.joins_requests
    found = inferred(model, [IMAGES[row : row + 1] for row in range(6)], Limits(max_delay=1.0))
    wanted = named_outputs(trained.predict(IMAGES))
    for name in ("probs", "mutual_information"):
        together = np.concatenate([one[name] for one in found])
        np.testing.assert_allclose(together, wanted[name], atol=1e-6)


_REAL = {"distribution": "normal", "parameterization": "loc_and_unconstrained_scale"}
_KINDS: dict[str, dict[str, Any]] = {
    "numbers": {"output": {**_REAL, "labels": "real", "event_size": 2}},
    "labels": {
        "output": {
            "distribution": "independent_bernoulli",
            "parameterization": "logits",
            "classes": 4,
            "labels": "multi_hot",
        }
    },
    "table": {"input": {"shape": [5]}, "output": {**_REAL, "labels": "real", "event_size": 2}},
}


@pytest.mark.parametrize("kind", _KINDS)
def test_every_kind_of_output_is_served(kind: str) -> None:
    sections = {"layers": [{"type": "flatten"}, {"type": "dense", "units": 4}], **_KINDS[kind]}
    if kind == "table":
        sections["layers"] = sections["layers"][1:]
    made = bnnc.compile(document(**sections))
    rows = IMAGES if kind != "table" else IMAGES.reshape(6, -1)[:, :5]
    model = served_program(made)
    [found] = inferred(model, [rows])
    wanted = named_outputs(made.predict(rows))
    assert set(found) == set(wanted)
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    # For people too.
    file = IMAGES[:1] if kind != "table" else rows[:1]

    async def dropped() -> httpx.Response:
        import io

        content = io.BytesIO()
        np.save(content, file)
        async with client_of(model) as client:
            return await client.post(
                "/predict", params={"name": "a.npy"}, content=content.getvalue()
            )

    [row] = run_async(dropped()).json()["rows"]
    if kind == "labels":
        assert row["entropy"] == pytest.approx(wanted["entropy"][0].sum(), abs=2e-6)
    else:
        np.testing.assert_allclose(row["mean"], wanted["mean"][0], atol=2e-6)
        lower = row["intervals"][1]["lower"]
        np.testing.assert_allclose(lower, wanted["quantiles"][0, 1], rtol=1e-5, atol=2e-6)


def test_noise_that_depends_on_the_place_of_an_image_keeps_requests_apart() -> None:
    made = bnnc.compile(document("local_reparameterization"))
    model = served_program(made)
    assert not model.joins_requests
    found = inferred(model, [IMAGES[:1], IMAGES[1:3]], Limits(max_delay=1.0))
    for one, rows in zip(found, (IMAGES[:1], IMAGES[1:3]), strict=True):
        np.testing.assert_array_equal(one["probs"], named_outputs(made.predict(rows))["probs"])


def test_a_dropped_file_is_answered_as_bnnc_predict_does(
    folder: Path, trained: Program, called: Call, tmp_path: Path
) -> None:
    file = tmp_path / "some.npy"
    np.save(file, IMAGES)
    code, printed, err = called("predict", folder, file, "--format", "jsonl")
    assert code == 0, err

    async def dropped() -> httpx.Response:
        async with client_of(served_program(trained)) as client:
            content = file.read_bytes()
            return await client.post("/predict", params={"name": "some.npy"}, content=content)

    rows = run_async(dropped()).json()["rows"]
    lines = [json.loads(one) for one in printed.splitlines()]
    assert len(rows) == len(lines) == 6
    for row, line in zip(rows, lines, strict=True):
        same = ("label", "class", "confidence", "entropy", "mutual_information")
        assert {one: row[one] for one in same} == {one: line[one] for one in same}
        assert " ".join(row["set"]) == line["set"]


@pytest.mark.parametrize(
    ("form", "platform"),
    [
        ("onnx", "onnx_onnxv1"),
        ("saved-model", "tensorflow_savedmodel"),
        ("litert", "tensorflow_litert"),
    ],
)
def test_an_export_is_served_with_what_its_description_says(
    form: str, platform: str, exported: Path, trained: Program, tmp_path: Path
) -> None:
    folder, samples = exported, 4
    if form != "onnx":
        folder, samples = tmp_path / "export", 1
        trained.export(folder, form, samples=samples, seed=5)
    said = description_of_export(folder)
    assert said is not None
    model = served_export(folder, said, "other")
    assert (model.name, model.platform) == ("other", platform)
    assert model.properties["draws"] == f"{samples}, fixed"
    [found] = inferred(model, [IMAGES])
    wanted = named_outputs(trained.predict(IMAGES, samples, seed=5))
    assert set(found) == set(wanted)
    np.testing.assert_allclose(found["probs"], wanted["probs"], atol=1e-5)
    np.testing.assert_array_equal(found["label"], wanted["label"])


@contextlib.contextmanager
def process(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own, and its address."""
    command = [sys.executable, "-m", "tests.serving.without_tensorflow", "serve"]
    made = subprocess.Popen(
        [*command, *map(str, arguments), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert made.stdout is not None
        line = made.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found is not None, made.communicate()[1]
        yield made, found[0]
    finally:
        if made.poll() is None:
            made.kill()
        made.communicate()


def test_a_process_without_tensorflow_answers_what_it_accepted_and_ends_with_zero(
    exported: Path,
) -> None:
    # All three are in the queue for a second, as they wait for others that do not come.
    with process(exported, "--max-delay", 1000) as (server, address):
        body = json.dumps(request_of(IMAGES[:1])).encode()
        answers: list[dict[str, Any]] = []

        def ask() -> None:
            asked = urllib.request.Request(f"{address}/v2/models/small/infer", body)
            with urllib.request.urlopen(asked, timeout=60) as response:
                answers.append(json.loads(response.read()))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for one in threads:
            one.start()
        while "bnnc_requests_in_flight 3.0" not in _text(f"{address}/metrics"):
            pass
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=60)
        for one in threads:
            one.join(60)
        assert server.returncode == 0, err
        assert len(answers) == 3
        assert "every request that it accepted is answered" in out


def _text(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as response:
        return str(response.read().decode())


def test_wrong_use_is_refused_before_anything_is_loaded(
    exported: Path, folder: Path, called: Call, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = called("serve", folder, "--port", port)
    assert (code, "Address already in use. Choose others with" in err) == (2, True)
    code, _, err = called("serve", tmp_path / "nothing")
    assert (code, "does not exist" in err) == (2, True)
    code, _, err = called("serve", exported, "--seed", 1)
    assert (code, "The draws and the calibration of an export are fixed" in err) == (2, True)
    code, _, err = called("serve", folder, "--name", "a/b")
    assert (code, "letters, digits, dots, dashes and underscores" in err) == (2, True)
    code, _, err = called("serve", folder, "--host", "no.such.host.invalid")
    assert (code, "the server cannot use no.such.host.invalid" in err) == (2, True)
    (tmp_path / "description.json").write_text("{}")
    code, _, err = called("serve", tmp_path)
    assert (code, "is not the description of an export" in err) == (2, True)
    (tmp_path / "description.json").write_bytes((exported / "description.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    code, _, err = called("serve", tmp_path, "--port", 0)
    assert (code, "cannot be opened" in err) == (2, True)


def test_an_untrained_run_is_refused(called: Call, tmp_path: Path) -> None:
    program().save(tmp_path / "built")
    code, _, err = called("serve", tmp_path / "built", "--port", 0)
    assert (code, "was built and never trained" in err) == (2, True)
