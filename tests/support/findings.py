"""A spec without a finding, and what is found when a text has other layers or sections."""

from __future__ import annotations

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source

HEAD = "bnnc: 1\nname: example\ninput: {shape: [28, 28, 1]}\n"
STACK = "layers:\n  - {type: flatten}\n  - {type: dense, units: 10}\n"
OUTPUT = (
    "output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}\n"
)
VALID = HEAD + STACK + OUTPUT
FLIPOUT = "bayesian: {method: flipout%s}\n"


def checked(text: str) -> Report:
    """The report of a text."""
    return check(Source("spec.yaml", text))


def findings(text: str) -> tuple[Diagnostic, ...]:
    """What is found in a text."""
    return checked(text).diagnostics


def codes(text: str) -> list[str]:
    """The codes of what is found in a text."""
    return [one.code for one in findings(text)]


def only(text: str, code: str | None = None) -> Diagnostic:
    """The only finding of a text, or the only one of a code."""
    (found,) = [one for one in findings(text) if code in (None, one.code)]
    return found


def with_layers(*layers: str) -> str:
    """The valid spec with other layers."""
    return VALID.replace(STACK, "layers:\n" + "".join(f"  - {layer}\n" for layer in layers))


def with_layer(layer: str) -> str:
    """The valid spec with one more layer before the last one."""
    return VALID.replace("  - {type: dense", f"  - {layer}\n  - {{type: dense")
