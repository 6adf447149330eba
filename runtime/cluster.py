"""Which machines a training runs on: `TF_CONFIG`, or the variables of a SLURM step."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from bnnc.errors import DeviceError

# In the order in which TensorFlow numbers them; the first task of all is the chief.
_JOBS = ("chief", "worker")
_EXAMPLE = (
    '`TF_CONFIG=\'{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", '
    '"index": 0}}\'`'
)


@dataclass(frozen=True)
class Cluster:
    """The workers of one training, as each of them sees it.

    Args:
        jobs: addresses `host:port` of the tasks, by job: `worker`, and `chief` where there is one.
        job, index: which task this process is.
    """

    jobs: dict[str, tuple[str, ...]]
    job: str
    index: int

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all workers, the chief's first."""
        return tuple(one for job in _JOBS for one in self.jobs.get(job, ()))

    @property
    def number(self) -> int:
        """The number of this worker, counted from 0; the chief's is 0."""
        return self.index + (len(self.jobs.get("chief", ())) if self.job == "worker" else 0)

    @property
    def leader(self) -> str:
        """The name that TensorFlow has for the chief."""
        return f"/job:{next(one for one in _JOBS if self.jobs.get(one))}/replica:0/task:0"

    def name_of(self, number: int) -> str:
        """A worker in words."""
        return f"worker {number} ({self.addresses[number]})"

    def number_of(self, job: str, index: int) -> int:
        """The number of the worker that TensorFlow names by a job and an index."""
        return index + (len(self.jobs.get("chief", ())) if job == "worker" else 0)


def cluster_of_environment() -> Cluster | None:
    """The cluster that `TF_CONFIG` describes, or else SLURM; None where this process trains alone.

    Raises: DeviceError for a `TF_CONFIG` that describes no cluster of workers.
    """
    given = os.environ.get("TF_CONFIG", "").strip()
    if given:
        found = _of_tf_config(given)
    elif int(_number(os.environ.get("SLURM_STEP_NUM_TASKS"))) > 1:
        found = _of_slurm()
    else:
        return None
    return found if found is not None and len(found.addresses) > 1 else None


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0


def _of_tf_config(given: str) -> Cluster | None:
    try:
        document = json.loads(given)
    except ValueError as error:
        raise _refused(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise _refused("it is no object of JSON")
    if not document.get("cluster"):
        return None  # as TensorFlow has it
    cluster, task = document["cluster"], document.get("task")
    jobs = _jobs(cluster)
    if not isinstance(task, dict) or "type" not in task or "index" not in task:
        raise _refused("its `task` does not say `type` and `index` of this process")
    job, index = task["type"], task["index"]
    if isinstance(index, str) and index.isdecimal():  # as some launchers write it
        index = int(index)
    if job not in jobs:
        raise _refused(f"its `task` is a {job!r}, and its `cluster` has {', '.join(jobs)}")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(jobs[job]):
        raise _refused(f"its `task` has the index {index!r}, of {len(jobs[job])} tasks of {job!r}")
    return Cluster(jobs, job, index)


def _jobs(cluster: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(cluster, dict):
        raise _refused("its `cluster` is no object of JSON")
    others = sorted(set(cluster) - set(_JOBS))
    if others:
        raise _refused(
            f"its `cluster` has the job {others[0]!r}: bnnc trains on `worker`s, and a `chief`, which "
            "all do the same"
        )
    jobs = {}
    for job, addresses in cluster.items():
        is_list = isinstance(addresses, list) and all(isinstance(one, str) for one in addresses)
        if not is_list or not all(":" in one for one in addresses):
            raise _refused(f"its {job!r} is no list of addresses `host:port`")
        if addresses:
            jobs[job] = tuple(addresses)
    every = [one for addresses in jobs.values() for one in addresses]
    twice = [one for one in every if every.count(one) > 1]
    if twice:
        raise _refused(f"two of its tasks have the address {twice[0]}")
    if len(jobs.get("chief", ())) > 1:
        raise _refused("it has more than one `chief`")
    return jobs


def _refused(reason: str) -> DeviceError:
    return DeviceError(
        f"the environment variable `TF_CONFIG` describes no cluster: {reason}. Write it as in "
        f"{_EXAMPLE}, or unset it to train on this machine alone"
    )


def _of_slurm() -> Cluster:
    """The tasks of a SLURM step, by TensorFlow's own resolver."""
    import tensorflow as tf

    try:
        # GPUs are those that SLURM gives to each task; the resolver would ask nvidia-smi for them.
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=int(os.environ.get("BNNC_PORT", "8888")),
            gpus_per_node=_most_tasks(),
            gpus_per_task=1,
            auto_set_gpu=False,
        )
        jobs = resolver.cluster_spec().as_dict()
        job, index = resolver.get_task_info()
    except (RuntimeError, ValueError, KeyError, IndexError) as error:
        raise DeviceError(
            f"the variables of SLURM describe no step of several tasks: {error}. Start the workers "
            "with `srun`, or set `TF_CONFIG='{}'` to train on this machine alone"
        ) from error
    return Cluster({name: tuple(addresses) for name, addresses in jobs.items()}, job, index)


def _most_tasks() -> int:
    """Tasks of the step, which no node has more of."""
    return max(1, _number(os.environ.get("SLURM_STEP_NUM_TASKS")))
