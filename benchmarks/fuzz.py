"""Feed bnnc with hostile inputs, 300,000 unless told otherwise.

    python benchmarks/fuzz.py [--inputs N] [--seed S] [--seconds LIMIT] [--table FILE]

The inputs come from seven sources, with the shares in `SOURCES`. Texts of specs go the whole way:
bytes to findings, the text form, in a share of them the JSON, GitHub and SARIF forms, every fix
that is offered and the check of what it gives; for a spec that is accepted, plan and emitted
source. They are

- coverage: bytes that atheris changes wherever that reaches new code (the extra `fuzz`);
- mutations: specs of the gallery, the corpus and the rules' pages with slips in bytes and tokens;
- wrong specs: `tests/generated/`.

Scripts go from bytes to findings and to the spec that they are imported as (`fuzzing/scripts.py`):
those of the corpus and of the findings' pages with slips in bytes, tokens and lines, with changes of
the syntax tree, and spliced. None of them may run.

The other three make their input of a seed:

- mistyped keys: keys of the gallery, mistyped and then fixed (`fuzzing/mistyped.py`);
- hostile files: data, images, manifests, metrics and models that are damaged, sparse, pipes or
  devices, and what reads them (`fuzzing/hostile_files.py`);
- two processes: two commands at the same time on one folder, one of them killed now and then
  (`fuzzing/two_processes.py`).

Whatever is not a finding or a refusal in words is a failure: an exception, a span outside the text,
a fix that breaks the syntax, gives a key twice or changes the meaning, a character that a terminal
obeys, a file that is not whole, more process time than the source allows, more than 256 MiB of
memory for one input, the end of the process. Failures are printed and their inputs saved;
`--replay FILE --source SOURCE` tries one again.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import math
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for tests.generated, wherever this is run from

from benchmarks.fuzzing.result import CURRENT, LARGEST, Result  # by the line above

CHILD = Path(__file__).parent / "fuzzing" / "child.py"
_THOUSANDS = {
    "coverage": 80,
    "mutations": 70,
    "wrong specs": 20,
    "scripts": 100,
    "mistyped keys": 20,
    "hostile files": 9,
    "two processes": 1,
}
SOURCES = {source: count / sum(_THOUSANDS.values()) for source, count in _THOUSANDS.items()}
"""The shares of the inputs; the counts are those of a whole round."""

HANG_SECONDS = 60.0
MOST_ENDS = 3
_COVERED = re.compile(r"\bcov: (\d+) ft: (\d+)")


def run_source(source: str, worker: int, arguments: argparse.Namespace, share: float) -> Result:
    """Run a source in a child, and a new child behind an input that ended one."""
    result = Result(source)
    began = time.perf_counter()
    inputs = math.ceil(arguments.inputs * share / arguments.workers)
    seconds = arguments.seconds * share if arguments.seconds else 10.0**6
    ends = 0
    while result.inputs < inputs and ends < MOST_ENDS:
        left = seconds - (time.perf_counter() - began)
        if left <= 0:
            break
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder)
            # Numbers that no other child has.
            first = (worker * MOST_ENDS + ends) * 10**7 + worker
            command = [sys.executable, str(CHILD), source, folder, "--first", str(first)]
            command += ["--inputs", str(inputs - result.inputs), "--seconds", str(left)]
            command += ["--seed", str(arguments.seed), "--save", str(arguments.save)]
            part, peak, words = _run(command, files)
            if part is None:
                ends += 1
                part = _ended(source, files, arguments.save / f"end-{worker}-{ends}", words)
        part.peak = peak
        if covered := _COVERED.findall(words):
            part.covered = "{} places, {} features".format(*covered[-1])
        result.add(part)
    result.seconds = time.perf_counter() - began
    return result


def _run(command: list[str], files: Path) -> tuple[Result | None, int, str]:
    """Run a child: its account if it came to its end, its peak memory, its standard error."""
    current = files / "current"
    current.write_bytes(bytes(CURRENT.size + LARGEST))
    with (files / "log").open("w+b") as log:
        process = subprocess.Popen(command, stderr=log)
        tried, since = -1, 0.0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.2)
            with current.open("rb") as file:
                count, _ = CURRENT.unpack(file.read(CURRENT.size))
            seconds = _seconds_of(process.pid)
            if count != tried:
                tried, since = count, seconds
            elif seconds - since > HANG_SECONDS:
                # It hangs where Python's signals do not come. (Popen.kill would take its status.)
                os.kill(process.pid, signal.SIGKILL)
        log.seek(0)
        words = log.read().decode("utf-8", "replace")
    account = files / "result.json"
    part = Result(**json.loads(account.read_text("utf-8"))) if account.exists() else None
    return part, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), words


def _seconds_of(pid: int) -> float:
    """Process time of a child, where the system tells it; else the time that has passed."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    # User and system time are the 14th and 15th of proc(5), counted with the name's parenthesis.
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ended(source: str, files: Path, path: Path, words: str) -> Result:
    """The account of a child that did not come to its end; the input that ended it is saved."""
    held = (files / "current").read_bytes()
    count, length = CURRENT.unpack(held[: CURRENT.size])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held[CURRENT.size : CURRENT.size + length])
    print(f"FAILURE end of the process at input {count}\n{words[-3000:]}\nsaved as {path}\n")
    return Result(source, count, failures={"end of the process": 1}, saved=[str(path)])


def table_row(results: list[Result], arguments: argparse.Namespace) -> str:
    """One row of the table for each source."""
    rows = []
    for one in results:
        failures = sum(one.failures.values())
        numbers = [one.inputs, one.accepted, one.fixed, failures]
        rows.append(
            f"| {datetime.date.today()} | {one.source} | {_share(one, arguments)} "
            f"| {arguments.seed} | "
            + " | ".join(f"{number:,}" for number in numbers)
            + f" | {one.inputs / max(one.seconds, 1e-9):,.0f} | {one.slowest * 1000:,.0f}"
            f" | {one.peak / 2**20:,.0f} | {one.growth / 2**20:,.0f} | {one.covered} |"
        )
    return "\n".join(rows) + "\n"


TABLE = """# What hostile inputs did to bnnc

`benchmarks/fuzz.py` says what the sources are, and what counts as a failure. Share is the source's \
part of the inputs of a round. Accepted specs and applied fixes are counted with those that fixes \
lead to; of hostile files, fixes are those that were refused in words. The slowest input is in \
process time; peak memory is that of the whole process, growth the most that one input added to it.

    python benchmarks/fuzz.py --inputs 300000 --table benchmarks/fuzz.md

| date | source | share | seed | inputs | accepted | fixes applied | failures | inputs/s | slowest, ms | peak, MiB | growth, MiB | covered |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|
"""


def _share(one: Result, arguments: argparse.Namespace) -> str:
    return f"{one.inputs / max(arguments.inputs, 1):.1%}"


def parse() -> argparse.Namespace:
    """The options, those of a child too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0, help="stop then; 0 for no limit")
    parser.add_argument("--workers", type=int, default=1, help="processes at the same time")
    parser.add_argument("--save", type=Path, default=ROOT / "build" / "fuzz", help="for failures")
    parser.add_argument("--table", type=Path, help="a table to write rows into")
    parser.add_argument("--replay", type=Path, help="try the one input in this file")
    parser.add_argument(
        "--source", choices=SOURCES, help="only this one; of --replay, where the input comes from"
    )
    return parser.parse_args()


def main() -> int:
    """Run all sources, print what came of them, and exit with 1 on failures."""
    arguments = parse()
    if arguments.replay:
        return _replay(arguments)
    shares = {arguments.source: 1.0} if arguments.source else dict(SOURCES)
    if "coverage" in shares and importlib.util.find_spec("atheris") is None:
        print("atheris is not there (the extra `fuzz`): its share goes to the mutations")
        del shares["coverage"]
        shares = {source: share / sum(shares.values()) for source, share in shares.items()}
    began = time.perf_counter()
    with ThreadPoolExecutor(arguments.workers) as pool:
        running = {
            source: [
                pool.submit(run_source, source, worker, arguments, share)
                for worker in range(arguments.workers)
            ]
            for source, share in shares.items()
        }
        results = []
        for source, parts in running.items():
            result = Result(source)
            for part in parts:
                result.add(part.result())
            result.seconds /= arguments.workers  # they ran at the same time
            results.append(result)
            print(_told(result), flush=True)
    seconds = time.perf_counter() - began
    inputs = sum(one.inputs for one in results)
    failures = sum(sum(one.failures.values()) for one in results)
    python = f"Python {platform.python_version()}"
    print(f"{inputs:,} inputs in {seconds:,.0f} s on {python}, {failures:,} failures")
    if arguments.table:
        if not arguments.table.exists():
            arguments.table.write_text(TABLE, encoding="utf-8")
        with arguments.table.open("a", encoding="utf-8") as file:
            file.write(table_row(results, arguments))
    return bool(failures)


def _replay(arguments: argparse.Namespace) -> int:
    from benchmarks.fuzzing.child import trial_of

    data = arguments.replay.read_bytes()  # before a trial changes the folder
    trial = trial_of(arguments.source or "mutations")("replay", arguments.save.resolve())
    trial.try_(data, str(arguments.replay))
    print(f"{trial.result.slowest:.3f} s, failures: {trial.result.failures}")
    trial.finish(Path(os.devnull))
    return bool(trial.result.failures)


def _told(one: Result) -> str:
    lines = [
        f"{one.source}: {one.inputs:,} inputs, {one.inputs / max(one.seconds, 1e-9):,.0f} a second;"
        f" {one.accepted:,} accepted, {one.fixed:,} times fixed",
        f"  slowest {one.slowest:.3f} s ({one.slowest_name}); peak memory {one.peak / 2**20:,.0f} MiB,"
        f" at most {one.growth / 2**20:,.0f} MiB more for one input",
    ]
    if one.covered:
        lines.append(f"  covered: {one.covered}")
    lines += [f"  FAILURE {kind}: {count:,} times" for kind, count in one.failures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
