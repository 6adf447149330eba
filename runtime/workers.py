"""The processes of one training on several machines: they join, agree, and notice each other's end.

All are alike, and all do every step. The first one, the chief, alone writes. What has to be the same
everywhere is compared before it matters, so that a worker with another spec, version or data is named
and not waited for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bnnc.errors import BnncError, DeviceError, RunError, WorkerError
from bnnc.runtime.cluster import Cluster, cluster_of_environment
from bnnc.runtime.versions import installed_versions

if TYPE_CHECKING:
    import tensorflow as tf

    from bnnc.specs import Spec

# Without a sign of life for so long, a worker is lost: its process or its machine hangs.
_HEARTBEAT: Final = 20
# How long the chief waits for others to read why it ends.
_LINGER: Final = 20
_WAIT: Final = "BNNC_WORKER_TIMEOUT"
_WAIT_SECONDS: Final = 600
_FAILED: Final = "failed: "
_OK: Final = "ok: "


@dataclass
class _Joined:
    cluster: Cluster
    strategy: tf.distribute.Strategy
    exchanges: int = 0  # those that all workers had: the same everywhere


_joined: _Joined | None = None


def join() -> tf.distribute.Strategy | None:
    """The strategy of all workers, once all have come; None where this process trains alone.

    Raises: DeviceError for a cluster that cannot be joined; WorkerError if one does not come.
    """
    global _joined
    if _joined is not None:
        return _joined.strategy
    cluster = cluster_of_environment()
    if cluster is None:
        return None
    import tensorflow as tf

    from bnnc.runtime import tensorflow_internals as internals

    if internals.is_initialized():
        raise DeviceError(
            "TensorFlow has begun to compute in this process, and cannot join the workers of "
            "`TF_CONFIG` any more: call `bnnc.compile` before anything else that uses TensorFlow, "
            "or unset `TF_CONFIG` to train on this machine alone"
        )
    wait = _wait_seconds()
    internals.watch_each_other(
        {job: len(addresses) for job, addresses in cluster.jobs.items()},
        cluster.leader,
        heartbeat_seconds=_HEARTBEAT,
        wait_seconds=wait,
    )
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({job: list(found) for job, found in cluster.jobs.items()}),
        task_type=cluster.job,
        task_id=cluster.index,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    try:
        made = tf.distribute.MultiWorkerMirroredStrategy(
            resolver, tf.distribute.experimental.CommunicationOptions(timeout_seconds=float(wait))
        )
    except (*internals.LOST, tf.errors.UnknownError, tf.errors.InvalidArgumentError) as error:
        raise WorkerError(
            f"{cluster.name_of(cluster.number)} of {len(cluster.addresses)} could not join the others "
            f"within {wait} seconds (`{_WAIT}`): {_first_line(error)}. Start all workers, with the "
            "addresses that they can reach each other at"
        ) from error
    _joined = _Joined(cluster, made)
    return made


def strategy() -> tf.distribute.Strategy | None:
    """The strategy of the workers that this process has joined; None where it trains alone."""
    return None if _joined is None else _joined.strategy


def _wait_seconds() -> int:
    given = os.environ.get(_WAIT)
    if given is None:
        return _WAIT_SECONDS
    if not given.isdecimal() or int(given) < 1:
        raise DeviceError(f"`{_WAIT}` is {given!r}, and should be a number of seconds")
    return int(given)


def count() -> int:
    """How many workers train together: 1 where this process trains alone."""
    return 1 if _joined is None else len(_joined.cluster.addresses)


def number() -> int:
    """The number of this worker, counted from 0."""
    return 0 if _joined is None else _joined.cluster.number


def is_chief() -> bool:
    """Whether this process writes and prints: the first of the workers, or the only one."""
    return number() == 0


def refuse_several_workers(what: str) -> None:
    """Raise DeviceError for what works in one process alone."""
    if count() > 1:
        raise DeviceError(
            f"{what} does not work over {count()} workers: train with `program.fit(...)` or `bnnc "
            "train`, or unset `TF_CONFIG` to train on this machine alone"
        )


def described() -> str:
    """This worker and its fellows, as for a progress line."""
    if _joined is None:
        return "alone"
    cluster = _joined.cluster
    return f"{cluster.name_of(cluster.number)} of {len(cluster.addresses)}"


def agree(**facts: object) -> None:
    """Compare facts with those of all other workers; the names are those of a sentence.

    All workers have to call it, in the same order.

    Raises: RunError that names the first worker that has another one; WorkerError if one ended.
    """
    if _joined is None:
        return
    ours = {name.replace("_", " "): str(value) for name, value in facts.items()}
    told = exchange("\n".join(f"{name}\t{value}" for name, value in ours.items()))
    of_chief = _facts(told[0])
    for place, text in enumerate(told):
        found = _facts(text)
        for name, value in of_chief.items():
            if found.get(name) != value:
                workers = _joined.cluster
                _wait_until_all_have_read()
                raise RunError(
                    f"{workers.name_of(place)} has another {name} than {workers.name_of(0)}: "
                    f"{_shortened(found.get(name, 'none'))}, not {_shortened(value)}. Start all workers "
                    "with the same command, spec, data and versions"
                )


def _facts(text: str) -> dict[str, str]:
    pairs = (line.partition("\t") for line in text.split("\n") if line)
    return {name: value for name, _, value in pairs}


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:24]}..."


def agree_on_spec(spec: Spec) -> None:
    """Compare versions and spec, before variables are made together. Raises: as `agree`."""
    if _joined is not None:
        versions = {f"version of {name}": one for name, one in installed_versions().items()}
        agree(**versions, spec=spec.fingerprint())


def exchange(text: str, *, wait_seconds: int | None = None, last: bool = False) -> tuple[str, ...]:
    """Texts of all workers, in their order; all have to call it, in the same order.

    Args:
        wait_seconds: how long a worker is waited for that is alive; as the user says, if None.
        last: whether the workers end after it.

    Raises: WorkerError if one ended, failed, or does not come.
    """
    if _joined is None:
        return (text,)
    from bnnc.runtime import tensorflow_internals as internals

    cluster = _joined.cluster
    _joined.exchanges += 1
    with noticing():
        internals.tell_all(_key(cluster.number), _OK + text)
    received = []
    for place in range(len(cluster.addresses)):
        try:
            with noticing():
                answer = internals.told(_key(place), wait_seconds or _wait_seconds())
        except WorkerError as error:
            raise WorkerError(
                f"{cluster.name_of(place)} ended, or does not answer: {error}"
            ) from error
        if answer.startswith(_FAILED):
            _wait_until_all_have_read()
            raise WorkerError(f"{cluster.name_of(place)} has ended: {answer.removeprefix(_FAILED)}")
        received.append(answer.removeprefix(_OK))
    if last:
        _wait_until_all_have_read()
    return tuple(received)


def _wait_until_all_have_read() -> None:
    """Let the chief, in whose process the texts are, end last."""
    assert _joined is not None
    from bnnc.runtime import tensorflow_internals as internals

    cluster = _joined.cluster
    with suppress(*internals.LOST):  # nobody may be left
        if cluster.number:
            internals.tell_all(f"{_key(cluster.number)}/read", "read")
            return
        for place in range(1, len(cluster.addresses)):
            internals.told(f"{_key(place)}/read", _LINGER)


def _key(place: int) -> str:
    assert _joined is not None
    return f"bnnc/{_joined.exchanges}/{place}"


def all_say(answer: bool) -> bool:
    """Whether all workers say yes: one number that they add up, as they do gradients."""
    import tensorflow as tf

    if _joined is None:
        return answer
    noes = tf.constant(0.0 if answer else 1.0)
    together = _joined.strategy
    each = together.experimental_distribute_values_from_function(lambda _: noes)
    return float(together.reduce(tf.distribute.ReduceOp.SUM, each, axis=None)) == 0


@contextmanager
def telling_failures() -> Iterator[None]:
    """Tell the other workers why this one ends, where they will wait for it next."""
    try:
        yield
    except WorkerError:
        raise  # the others notice it too
    except BnncError as error:
        if _joined is not None:
            from bnnc.runtime import tensorflow_internals as internals

            _joined.exchanges += 1
            with suppress(*internals.LOST):  # nobody may be left to be told
                internals.tell_all(_key(_joined.cluster.number), f"{_FAILED}{error}")
            _wait_until_all_have_read()
        raise


@contextmanager
def noticing() -> Iterator[None]:
    """Turn what TensorFlow raises when a worker is lost into a sentence. Raises: WorkerError."""
    if _joined is None:
        yield
        return
    from bnnc.runtime import tensorflow_internals as internals

    try:
        yield
    except internals.LOST as error:
        raise WorkerError(_lost(str(error))) from error


def _lost(message: str) -> str:
    assert _joined is not None
    cluster = _joined.cluster
    tasks = re.findall(r"/job:(\w+)(?:/replica:\d+)?/task:(\d+)", message)
    named = {cluster.number_of(job, int(index)) for job, index in tasks} - {cluster.number}
    others = sorted(one for one in named if one < len(cluster.addresses))
    if len(others) == 1:
        who = cluster.name_of(others[0])
    elif len(cluster.addresses) == 2:
        who = cluster.name_of(1 - cluster.number)
    else:
        who = "one of the other workers"
    return f"{who} ended, or could not be reached any more"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200]


__all__ = [
    "agree",
    "agree_on_spec",
    "all_say",
    "count",
    "described",
    "exchange",
    "is_chief",
    "join",
    "noticing",
    "number",
    "refuse_several_workers",
    "strategy",
    "telling_failures",
]
