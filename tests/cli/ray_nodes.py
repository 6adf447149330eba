"""Train an ensemble on a Ray cluster of three node processes, of which one is killed.

    python -m tests.cli.ray_nodes SPEC RUN

Prints `killed NODE` and the exit code of `bnnc train`, and its output. A process of its own, as Ray
leaves threads and sockets behind.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_worker_niceness", "0")
# Or Ray replaces 127.0.0.1 by the address of the machine, where the head node does not listen.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"

from ray.cluster_utils import Cluster


def main(spec: str, run: str) -> None:
    """Start the cluster, train, and kill the node that trains member 0."""
    node: dict[str, Any] = {"num_cpus": 1, "memory": 4 * 2**30, "object_store_memory": 80 * 2**20}
    node["node_ip_address"] = "127.0.0.1"
    cluster = Cluster(initialize_head=True, head_node_args={**node, "num_cpus": 0})
    nodes = [cluster.add_node(**node) for _ in range(2)]
    cluster.wait_for_nodes()
    command = [sys.executable, "-m", "bnnc", "train", spec, "--run", run]
    command += [f"--ray={cluster.address}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as driver:
        member = Path(run) / "members" / "0"
        metrics = member / "metrics.jsonl"
        while not (metrics.exists() and metrics.read_text()) and driver.poll() is None:
            time.sleep(0.05)
        if driver.poll() is None:
            trains = int((member / ".bnnc-lock").read_text().split()[0])
            (victim,) = [one for one in nodes if _raylet(one) in _parents(trains)]
            nodes.remove(victim)
            cluster.remove_node(victim, allow_graceful=False)
            print("killed a node", flush=True)
        assert driver.stdout is not None
        print(driver.stdout.read())
    print("exit code", driver.returncode)
    cluster.shutdown()


def _raylet(node: object) -> int:
    processes = node.all_processes  # type: ignore[attr-defined]
    return int(processes["raylet"][0].process.pid)


def _parents(process: int) -> set[int]:
    """The processes that a process descends from."""
    found = set()
    while process > 1:
        found.add(process)
        stat = Path(f"/proc/{process}/stat").read_text()
        process = int(stat.rpartition(")")[2].split()[1])
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
