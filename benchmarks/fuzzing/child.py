"""One source of inputs in a process of its own, so that no input can take the others with it."""

from __future__ import annotations

import argparse
import importlib
import resource
import sys
import time
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

if TYPE_CHECKING:
    from benchmarks.fuzzing.trial import Trial

ADDRESS_SPACE = 8 * 2**30
_WITH_TENSORFLOW = ("hostile files", "two processes")


def main() -> None:
    """Try the inputs; the account goes to `result.json` in the folder."""
    parser = argparse.ArgumentParser(description="A part of benchmarks/fuzz.py.")
    parser.add_argument("source")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--save", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.source not in _WITH_TENSORFLOW:  # which reserves more than it uses
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    if arguments.source == "coverage":
        _by_coverage(arguments, time.perf_counter() + arguments.seconds)
        return
    trial = _trial(arguments)
    # Of a short round a source gets little time, and starting TensorFlow is none of it.
    deadline = time.perf_counter() + arguments.seconds
    for data, name in _inputs(arguments):
        if trial.result.inputs >= arguments.inputs or time.perf_counter() > deadline:
            break
        trial.try_(data, name)
    trial.finish(arguments.folder / "result.json")


def trial_of(source: str) -> type[Trial]:
    """What takes the inputs of a source."""
    # Imported here, not above: the first import is the one that atheris instruments.
    match source:
        case "mistyped keys":
            from benchmarks.fuzzing.mistyped import Mistyped

            return Mistyped
        case "scripts":
            from benchmarks.fuzzing.scripts import Scripts

            return Scripts
        case "hostile files":
            from benchmarks.fuzzing.hostile_files import HostileFiles

            return HostileFiles
        case "two processes":
            from benchmarks.fuzzing.two_processes import TwoProcesses

            return TwoProcesses
        case _:
            from benchmarks.fuzzing.front_end import FrontEnd

            return FrontEnd


def _trial(arguments: argparse.Namespace) -> Trial:
    with (arguments.folder / "current").open("r+b") as file:
        current = mmap(file.fileno(), 0)
    return trial_of(arguments.source)(arguments.source, arguments.save, current=current)


def _inputs(arguments: argparse.Namespace) -> Iterator[tuple[bytes, str]]:
    from benchmarks.fuzzing.inputs import mutations, numbers, wrong_specs

    make = {"mutations": mutations, "wrong specs": wrong_specs}.get(arguments.source, numbers)
    if arguments.source == "scripts":
        from benchmarks.fuzzing.scripts import mutated_scripts as make
    return make(arguments.seed, arguments.first)


def _by_coverage(arguments: argparse.Namespace, deadline: float) -> None:
    atheris: Any = importlib.import_module("atheris")  # an extra, without types
    with atheris.instrument_imports(include=["bnnc.compiler", "bnnc.specs"]):
        trial = _trial(arguments)
    from benchmarks.fuzzing.inputs import dictionary, seeds

    corpus = arguments.folder / "corpus"
    corpus.mkdir()
    for number, text in enumerate(seeds()):
        (corpus / str(number)).write_bytes(text)
    words = arguments.folder / "words"
    words.write_text(dictionary(), encoding="ascii")
    seed = arguments.seed * 1000 + arguments.first % 1000 + 1  # libFuzzer takes 0 for the clock
    finished = False

    def take(data: bytes) -> None:
        nonlocal finished
        if finished:
            return
        trial.try_(data, f"libFuzzer's seed {seed}, input {trial.result.inputs}")
        if trial.result.inputs >= arguments.inputs or time.perf_counter() > deadline:
            # libFuzzer ends the process by itself: there is no place behind it to write this.
            trial.finish(arguments.folder / "result.json")
            finished = True

    options = [f"-dict={words}", f"-seed={seed}", f"-runs={arguments.inputs + 1000}"]
    options += [f"-max_total_time={int(arguments.seconds) + 2}", "-max_len=8192"]
    # Time and memory are looked after by us, input by input.
    options += ["-timeout=3600", "-rss_limit_mb=0", f"-artifact_prefix={arguments.folder}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
