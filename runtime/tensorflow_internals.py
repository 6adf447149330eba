"""Read the private parts of TensorFlow that bnnc needs, each for want of a public name.

All were read in the source of TensorFlow 2.21.0. With another version, look here first.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf
from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2
from tensorflow.python.eager import context
from tensorflow.python.util import _pywrap_util_port


def watch_each_other(
    jobs: Mapping[str, int], leader: str, *, heartbeat_seconds: int, wait_seconds: int
) -> None:
    """Let the tasks of a cluster notice each other's end, before their strategy is made.

    MultiWorkerMirroredStrategy configures TensorFlow's coordination service itself, with times that
    cannot be chosen, unless it finds one.

    Args:
        jobs: how many tasks each job has.
        leader: the task that the service runs in, such as `/job:worker/replica:0/task:0`.
        heartbeat_seconds: after how long without a sign of life a task is lost.
        wait_seconds: how long tasks wait for all others to come.
    """
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader=leader,
        cluster_register_timeout_in_ms=1000 * wait_seconds,
        heartbeat_timeout_in_ms=1000 * heartbeat_seconds,
        coordinated_jobs=[
            coordination_config_pb2.CoordinatedJob(name=name, num_tasks=tasks)
            for name, tasks in jobs.items()
        ],
    )


def is_initialized() -> bool:
    """Whether TensorFlow has chosen its devices: then it can join no cluster any more."""
    return bool(context.context()._initialized)


def tell_all(key: str, value: str) -> None:
    """Write a text that all tasks of the cluster can read, under a key that was not used before."""
    context.context().set_config_key_value(key, value)


def told(key: str, wait_seconds: float) -> str:
    """The text that a task of the cluster writes under a key.

    Raises: tf.errors.DeadlineExceededError if it does not come; another error of TensorFlow's if
        the first task of the cluster is lost.
    """
    value = context.context().get_config_key_value(key, int(1000 * wait_seconds))
    return value.decode() if isinstance(value, bytes) else str(value)


LOST = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.InternalError,
    tf.errors.FailedPreconditionError,
)


def uses_onednn() -> bool:
    """Whether the operations on the CPU are those of oneDNN."""
    return bool(_pywrap_util_port.IsMklEnabled())
