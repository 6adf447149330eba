"""Which workers the environment describes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bnnc.errors import DeviceError
from bnnc.runtime.cluster import cluster_of_environment

WORKERS = ["a:1", "b:1"]
TASK = {"type": "worker", "index": 1}


@pytest.fixture(autouse=True)
def without_slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    """As outside of any cluster."""
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.delenv("SLURM_STEP_NUM_TASKS", raising=False)


def config(monkeypatch: pytest.MonkeyPatch, **document: Any) -> None:
    monkeypatch.setenv("TF_CONFIG", json.dumps(document))


def test_without_variables_a_process_trains_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cluster_of_environment() is None
    config(monkeypatch)
    assert cluster_of_environment() is None
    config(monkeypatch, cluster={"worker": ["a:1"]}, task={"type": "worker", "index": 0})
    assert cluster_of_environment() is None


def test_workers_are_numbered_with_the_chief_first(monkeypatch: pytest.MonkeyPatch) -> None:
    config(monkeypatch, cluster={"worker": WORKERS, "chief": ["c:1"]}, task=TASK)
    cluster = cluster_of_environment()
    assert cluster is not None
    assert cluster.addresses == ("c:1", "a:1", "b:1")
    assert cluster.number == 2
    assert cluster.name_of(2) == "worker 2 (b:1)"
    assert cluster.leader == "/job:chief/replica:0/task:0"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"cluster": {"worker": WORKERS}}, "does not say `type` and `index`"),
        ({"cluster": {"ps": ["a:1"]}, "task": TASK}, "has the job 'ps'"),
        ({"cluster": {"worker": "a:1"}, "task": TASK}, "no list of addresses"),
        ({"cluster": {"worker": ["a", "b"]}, "task": TASK}, "no list of addresses"),
        ({"cluster": {"worker": ["a:1", "a:1"]}, "task": TASK}, "two of its tasks"),
        ({"cluster": {"worker": WORKERS}, "task": {"type": "worker", "index": 2}}, "index 2"),
        ({"cluster": {"worker": WORKERS}, "task": {"type": "chief", "index": 0}}, "'chief'"),
        ({"cluster": [1], "task": TASK}, "no object"),
        ([1], "no object"),
    ],
    ids=str,
)
def test_what_is_no_cluster_is_refused_with_the_reason(
    document: Any, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", json.dumps(document))
    with pytest.raises(DeviceError, match=reason):
        cluster_of_environment()


def test_what_is_not_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(DeviceError, match="it is not JSON"):
        cluster_of_environment()


def test_the_tasks_of_a_slurm_step_are_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PROCID": "2",
        "STEP_NUM_TASKS": "3",
        "STEP_NODELIST": "node[1-2]",
        "STEP_TASKS_PER_NODE": "2,1",
    }.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    cluster = cluster_of_environment()
    assert cluster is not None
    assert cluster.addresses == ("node1:8888", "node1:8889", "node2:8888")
    assert cluster.number == 2
    monkeypatch.setenv("TF_CONFIG", "{}")
    assert cluster_of_environment() is None


def test_a_slurm_step_that_is_not_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "3")
    monkeypatch.delenv("SLURM_PROCID", raising=False)
    with pytest.raises(DeviceError, match="describe no step"):
        cluster_of_environment()
