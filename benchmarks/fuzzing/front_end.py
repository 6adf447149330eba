"""One input through the whole front end, for `benchmarks/fuzz.py`."""

from __future__ import annotations

import gc
from mmap import mmap
from pathlib import Path

from benchmarks.fuzzing.inputs import seeds
from benchmarks.fuzzing.result import Result
from benchmarks.fuzzing.trial import Trial, hold
from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import lower
from bnnc.compiler.diagnostics import github_form, json_form, sarif_form
from bnnc.compiler.diagnostics.outcome import File, Outcome
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes, fix, plan
from bnnc.compiler.reading.reader import read
from bnnc.compiler.report import Report

ROOT = Path(__file__).resolve().parents[2]


class FrontEnd(Trial):
    """Takes the text of a spec from bytes to findings, forms, fixes, plan and emitted source."""

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        super().__init__(source, folder, current=current)
        self.forms = (json_form.form, github_form.form, sarif_form.form)
        for text in seeds():
            self.try_(text, "a seed, which fills the caches")
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be looked through for each input
        self.result = Result(source)

    def take(self, data: bytes) -> None:
        """Take the bytes of a spec the whole way."""
        self._whole_way(data, with_forms=self.result.inputs % 32 == 0)

    def _whole_way(self, data: bytes, *, with_forms: bool) -> None:
        def looked_at(report: Report) -> None:
            errors = [one for one in report.diagnostics if one.severity == "error"]
            hold(report.ok == (not errors), "accepted with errors, or refused without")
            length = len(report.source.text)
            for one in report.diagnostics:
                for span in (one.span, *(label.span for label in one.related)):
                    hold(0 <= span.start <= span.end <= length, "a span outside the text")
            if report.spec is not None:
                made = plan(report)
                compile(emit(report.spec, made, lower(report.spec, made)), "model.py", "exec")
                self.result.accepted += 1

        report = check_bytes("spec.yaml", data)
        looked_at(report)
        text = render(report.diagnostics)
        hold("\x1b" not in text, "a control character in the text form")
        hold(
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
                hold(not broken, "a fix that breaks the text")
