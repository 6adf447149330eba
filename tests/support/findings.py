"""A spec without a finding, and what is said of it when a text has another layer or section."""

from __future__ import annotations

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source

OUTPUT = (
    "output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}\n"
)
VALID = (
    "bnnc: 1\nname: example\ninput: {shape: [28, 28, 1]}\n"
    f"layers:\n  - {{type: flatten}}\n  - {{type: dense, units: 10}}\n{OUTPUT}"
)


def findings(text: str) -> tuple[Diagnostic, ...]:
    return check(Source("spec.yaml", text)).diagnostics


def only(text: str) -> Diagnostic:
    (found,) = findings(text)
    return found


def with_layer(layer: str) -> str:
    """A valid spec with one more layer before the last one."""
    return VALID.replace("  - {type: dense", f"  - {layer}\n  - {{type: dense")
