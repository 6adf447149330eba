"""`--log`: what the loggers have is what the run has, in one run of theirs, also after a resume."""

from __future__ import annotations

import json
import os
import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.cli.app import run
from bnnc.errors import LoggingError
from bnnc.runtime.loggers import TITLES, open_logger
from tests.cli.test_commands import DIGITS, Shell, shell

__all__ = ["shell"]

# SQLAlchemy, pydantic and W&B deprecate what MLflow and W&B use.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

LOGS = [argument for name in TITLES for argument in ("--log", name)]
NAMES = ("loss", "nll", "kl", "accuracy", "seconds", "images_per_second")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """MLflow with a database, W&B offline, both in a folder."""
    folder = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.setenv("WANDB_MODE", "offline")
        patch.setenv("WANDB_DIR", str(folder))
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def logged(environment: Path) -> Path:
    """A run of two epochs, resumed for a third and reported, with every logger."""
    constant = ("--set", "training.optimizer.learning_rate=0.005")  # so that it can be longer
    assert run(["train", DIGITS, "--run", "run", "--epochs", "2", *constant, *LOGS]) == 0
    assert run(["train", "--resume", "run", "--epochs", "3", *LOGS]) == 0
    assert run(["report", "run", "--samples", "4", *LOGS]) == 0
    return environment / "run"


def metrics_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def events_of(folder: Path) -> dict[str, dict[int, Any]]:
    """The tensors of all event files of a folder, by tag and step."""
    found: dict[str, dict[int, Any]] = {}
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = tf.make_ndarray(value.tensor)
    return found


def records_of(data: bytes) -> Iterator[bytes]:
    """The records of an offline file of W&B: a log of LevelDB behind seven bytes."""
    place, record = 7, b""
    while place + 7 <= len(data):
        if 32_768 - place % 32_768 < 7:  # no header fits before the next block
            place += 32_768 - place % 32_768
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        record += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in {1, 4}:  # a whole record, or the last part of one
            yield record
            record = b""


def test_tensorboard_has_the_metrics_of_every_epoch_the_spec_and_the_figures(logged: Path) -> None:
    lines = metrics_of(logged)
    events = events_of(logged / "tensorboard" / "train")
    for name in NAMES:
        assert sorted(events[f"epoch_{name}"]) == [0, 1, 2]
        kept = [float(events[f"epoch_{name}"][epoch]) for epoch in range(3)]
        np.testing.assert_allclose(kept, [line[name] for line in lines], rtol=1e-6)
    of_run = events_of(logged / "tensorboard" / "run")
    assert b"method: flipout" in of_run["spec"][0].item()
    width, height, *images = of_run["reliability"][3]
    assert int(width) > 500
    assert int(height) > 400
    assert len(images) == 1
    assert {"confusion", "training-nll", "posterior-kl", "test/accuracy"} <= set(of_run)


def test_mlflow_has_one_run_with_metrics_parameters_and_artifacts(logged: Path) -> None:
    import mlflow

    (found,) = mlflow.search_runs(experiment_names=["digits-flipout"], output_format="list")
    assert found.info.status == "FINISHED"
    assert found.data.params["training.optimizer.learning_rate"] == "0.005"
    client = mlflow.MlflowClient()
    lines = metrics_of(logged)
    for name in NAMES:
        history = client.get_metric_history(found.info.run_id, name)
        kept = [one.value for one in sorted(history, key=lambda one: one.step)]
        np.testing.assert_allclose(kept, [line[name] for line in lines], rtol=1e-6)
    assert 0.8 < found.data.metrics["test/accuracy"] <= 1
    names = {one.path for one in client.list_artifacts(found.info.run_id)}
    assert {"spec.yaml", "figures", "model_summary.txt"} <= names
    figures = {one.path for one in client.list_artifacts(found.info.run_id, "figures")}
    assert {"figures/reliability.png", "figures/posterior-kl.png"} <= figures


def test_wandb_has_metrics_under_the_id_of_the_run(logged: Path) -> None:
    from wandb.proto import wandb_internal_pb2

    identity = json.loads((logged / "manifest.json").read_text())["identity"]
    kept: dict[int, dict[str, float]] = {}
    images = set()
    for path in (logged.parent / "wandb").glob(f"offline-run-*/run-{identity}.wandb"):
        for data in records_of(path.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            items = {
                ".".join(one.nested_key) or one.key: json.loads(one.value_json)
                for one in record.history.item
            }
            if "epoch/epoch" in items:
                kept[items["epoch/epoch"]] = items
            images |= {name for name, one in items.items() if one == "image-file"}
    lines = metrics_of(logged)
    for name in NAMES:
        found = [kept[epoch][f"epoch/{name}"] for epoch in range(3)]
        np.testing.assert_allclose(found, [line[name] for line in lines], rtol=1e-6)
    assert {"reliability._type", "posterior-kl._type"} <= images


def test_members_of_an_ensemble_are_logged_apart(environment: Path) -> None:
    import mlflow

    spec = {
        "bnnc": 1,
        "name": "several",
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
        "bayesian": {"method": "none"},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {"epochs": 1},
        "ensemble": {"members": 2},
        "data": {"source": "digits"},
    }
    (environment / "several.json").write_text(json.dumps(spec))
    assert run(["train", "several.json", "--run", "several", *LOGS]) == 0
    losses = [line["loss"] for line in metrics_of(environment / "several")]
    assert losses[0] != losses[1]
    folders = [environment / "several" / "tensorboard" / f"member-{one}" for one in (1, 2)]
    of_members = [events_of(one / "train")["epoch_loss"][0] for one in folders]
    np.testing.assert_allclose(of_members, losses, rtol=1e-6)
    found = mlflow.search_runs(experiment_names=["several"], output_format="list")
    kept = {one.info.run_name: one.data.metrics.get("loss") for one in found}
    assert kept.pop("several") is None
    np.testing.assert_allclose([kept["member-1"], kept["member-2"]], losses, rtol=1e-6)


def test_a_run_that_fails_is_marked_so(environment: Path, logged: Path) -> None:
    import mlflow

    program = bnnc.load(logged)
    logger = open_logger("mlflow", logged, program, "")
    logger.close("killed")
    (found,) = mlflow.search_runs(experiment_names=["digits-flipout"], output_format="list")
    assert found.info.status == "KILLED"


def test_what_cannot_be_reached_is_said_before_training_with_the_way_on(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()  # MLflow makes folders that are missing
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/file/mlflow.db")
    code, out, err = shell("train", DIGITS, "--run", "r", "--epochs", "1", "--log", "mlflow")
    assert (code, out) == (3, "")
    assert "error: MLflow: " in err
    assert "r holds 0 of 1 epochs" in err
    assert err.endswith("    bnnc train --resume r --log mlflow\n")


def test_a_server_that_does_not_answer_is_tried_twice(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    tried: list[bool] = []

    class HangsUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            tried.append(True)

    with socketserver.TCPServer(("127.0.0.1", 0), HangsUp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        code, out, err = shell("train", DIGITS, "--run", "r", "--epochs", "1", "--log", "mlflow")
        server.shutdown()
    assert (code, out, len(tried)) == (3, "", 2)
    assert f"error: MLflow: API request to {address}" in err
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ
    assert "r holds 0 of 1 epochs" in err


def test_a_logger_that_is_not_installed_is_refused_before_tensorflow(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, out, err = shell("train", DIGITS, "--log", "wandb")
    assert (code, out) == (2, "")
    assert "Weights & Biases, which is not installed: `pip install 'bnnc[wandb]'`" in err


def test_autolog_sees_fit(environment: Path) -> None:
    import mlflow
    import mlflow.keras

    program = bnnc.compile(DIGITS)
    images = np.random.default_rng(0).integers(0, 17, (32, 8, 8, 1)).astype(np.float32)
    mlflow.set_experiment("autolog")
    mlflow.keras.autolog(log_models=False, silent=True)
    try:
        history = program.fit(images, np.arange(32) % 10, epochs=2, verbose=0)
    finally:
        mlflow.keras.autolog(disable=True, silent=True)
    program.fit(images, np.arange(32) % 10, epochs=1, verbose=0)
    (found,) = mlflow.search_runs(experiment_names=["autolog"], output_format="list")
    kept = mlflow.MlflowClient().get_metric_history(found.info.run_id, "nll")
    np.testing.assert_allclose(
        [one.value for one in sorted(kept, key=lambda one: one.step)],
        history.history["nll"],
        rtol=1e-6,
    )


def test_errors_of_a_library_are_one_line() -> None:
    from bnnc.runtime.loggers.logger import errors_of

    with pytest.raises(LoggingError, match=r"^MLflow: no such host$"), errors_of("MLflow"):
        raise OSError("no such host.\nmore")
