"""One library in a process of its own, which does on request what it is asked, and says how long it took.

    python -m benchmarks.racing.worker LIBRARY

Reads requests as lines of JSON from standard input and answers each with a line: `{"make": CASE}`
builds and warms up; `{"run": COUNT}` does it so many times; `{"drop": true}` forgets what was
made; `{"memory": true}` tells the most memory so far. Whatever the library itself prints goes to standard error.
"""

import gc
import importlib
import json
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.racing.nets import Case

Run = Callable[[int], Any]


def main() -> None:
    """Answer until standard input ends."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    library = importlib.import_module(f"benchmarks.racing.{sys.argv[1]}")
    made: dict[str, Run] = {}
    for line in sys.stdin:
        try:
            answer = _answer(library, made, json.loads(line))
        except Exception:  # noqa: BLE001  # whatever a peer raises is its answer
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answer(library: Any, made: dict[str, Run], request: dict[str, Any]) -> dict[str, Any]:
    if "memory" in request:
        # Linux counts in KiB.
        return {"mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if "drop" in request:
        made.clear()
        getattr(library, "forget", lambda: None)()
        gc.collect()
        return {}
    key = json.dumps(request["case"], sort_keys=True)
    if "make" in request:
        made[key] = library.make(Case(**request["case"]))
        made[key](1)
        return {}
    run = made[key]
    began, cpu_began = time.perf_counter(), time.process_time()
    says = run(request["run"])
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    return {"seconds": seconds, "cpu": cpu, "says": says}


if __name__ == "__main__":
    main()
