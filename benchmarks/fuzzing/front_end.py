"""One input through the whole front end, and the account of many, for `benchmarks/fuzz.py`."""

from __future__ import annotations

import dataclasses
import gc
import json
import re
import resource
import signal
import sys
import time
import traceback
from mmap import mmap
from pathlib import Path
from types import FrameType

from benchmarks.fuzzing.inputs import seeds
from benchmarks.fuzzing.result import CURRENT, LARGEST, SAVED_OF_A_KIND, Result
from bnnc.compiler.diagnostics import github_form, json_form, sarif_form
from bnnc.compiler.diagnostics.outcome import File, Outcome
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.emit import emit
from bnnc.compiler.fixes import fix
from bnnc.compiler.lowering import lower
from bnnc.compiler.pipeline import Report, check_bytes, plan
from bnnc.compiler.text.reader import read

ROOT = Path(__file__).resolve().parents[2]

MOST_SECONDS = 1.0
MOST_GROWTH = 256 * 2**20
# What stops an input that would never end, by itself in Python and by the parent elsewhere.
INTERRUPT_SECONDS = 10.0


class Failure(Exception):  # noqa: N818  # a failure of the front end, which is what is looked for
    """What an input showed without an exception of the front end's own."""


class FrontEnd:
    """Takes inputs one at a time, and keeps the account of them."""

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        self.forms = (json_form.form, github_form.form, sarif_form.form)
        self.result = Result(source)
        self.folder = folder
        self.current = current
        self.began = time.perf_counter()
        signal.signal(signal.SIGVTALRM, _interrupt)
        for text in seeds():
            self.try_(text, "a seed, which fills the caches")
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be looked through for each input
        self.result = Result(source)

    def try_(self, data: bytes, name: str) -> None:
        """Take one input; its name says how to make it again."""
        if self.current is not None:  # seen by the parent if this process does not survive
            stored = CURRENT.pack(self.result.inputs + 1, len(data)) + data[:LARGEST]
            self.current[: len(stored)] = stored
        result = self.result
        result.inputs += 1
        memory = _peak()
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, INTERRUPT_SECONDS)
        try:
            self._whole_way(data, with_forms=result.inputs % 32 == 0)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what is looked for
            self._fail(_kind(error), traceback.format_exc(), data, name)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        seconds, grown = time.process_time() - began, _peak() - memory
        if seconds > result.slowest:
            result.slowest, result.slowest_name = seconds, f"{name}, {len(data):,} bytes"
            self._save(data, "slowest")
        result.growth = max(result.growth, grown)
        if seconds > MOST_SECONDS:
            self._fail("more than a second", f"{seconds:.2f} s", data, name)
        if grown > MOST_GROWTH:
            self._fail("more than 256 MiB", f"{grown / 2**20:.0f} MiB", data, name)

    def finish(self, path: Path) -> None:
        """Write the account for the parent."""
        self.result.seconds = time.perf_counter() - self.began
        path.write_text(json.dumps(dataclasses.asdict(self.result)), encoding="utf-8")

    def _whole_way(self, data: bytes, *, with_forms: bool) -> None:
        def looked_at(report: Report) -> None:
            errors = [one for one in report.diagnostics if one.severity == "error"]
            _hold(report.ok == (not errors), "accepted with errors, or refused without")
            length = len(report.source.text)
            for one in report.diagnostics:
                for span in (one.span, *(label.span for label in one.related)):
                    _hold(0 <= span.start <= span.end <= length, "a span outside the text")
            if report.spec is not None:
                made = plan(report)
                compile(emit(report.spec, made, lower(report.spec, made)), "model.py", "exec")
                self.result.accepted += 1

        report = check_bytes("spec.yaml", data)
        looked_at(report)
        text = render(report.diagnostics)
        _hold("\x1b" not in text, "a control character in the text form")
        _hold(
            len(text) < 2000 + 6000 * len(report.diagnostics), "a finding of more than 6,000 signs"
        )
        if with_forms:
            status = "accepted" if report.ok else "refused"
            file = File("spec.yaml", status)  # type: ignore[arg-type]  # one of the two
            outcome = Outcome(ROOT, (file,), report.diagnostics, int(not report.ok))
            for form in self.forms:
                form(outcome).encode()
        if any(one.fixes for one in report.diagnostics):
            fixed = fix(report, unsafe=self.result.inputs % 2 == 0)
            if fixed.applied:
                self.result.fixed += 1
                looked_at(fixed.report)
                # A key mended to `extends` may name a file that is not there: the text is sound.
                broken = report.tree is not None and read(fixed.report.source)[0] is None
                _hold(not broken, "a fix that breaks the text")

    def _fail(self, kind: str, detail: str, data: bytes, name: str) -> None:
        count = self.result.failures.get(kind, 0) + 1
        self.result.failures[kind] = count
        if count <= SAVED_OF_A_KIND:
            label = re.sub(r"\W+", "-", kind)[:80]
            path = self._save(data, f"{label}-{count}")
            self.result.saved.append(str(path))
            print(f"FAILURE {kind}: {name}\n{detail}\nsaved as {path}\n", flush=True)

    def _save(self, data: bytes, label: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.result.source.replace(' ', '-')}-{label}"
        path.write_bytes(data)
        return path


def _hold(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Failure(otherwise)


def _kind(error: Exception) -> str:
    if isinstance(error, Failure):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _peak() -> int:
    """The most memory that this process has had, in bytes; Linux counts in KiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Failure(f"no end within {INTERRUPT_SECONDS:.0f} s")
