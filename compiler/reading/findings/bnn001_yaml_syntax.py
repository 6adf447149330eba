"""The text is not YAML."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN001")
def yaml_syntax(
    report: Report,
    span: Span,
    message: str,
    *,
    label: str = "",
    related: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: tuple[str, ...] = (),
) -> Diagnostic:
    """The text is not valid YAML.

    ## What it does
    Reports the first place at which the text stops being YAML (or JSON, which is YAML too): a tab in
    the indentation, a colon without the space after it, text that needs quotes, a bracket or a quote
    that is never closed, a line indented to no level. One such error is reported at a time, because
    whatever is read behind it is a guess.

    ## Why it is bad
    Indentation and punctuation are what says which key belongs to which section. Where they
    contradict each other, every reading of the rest is one of several, and a model built from the
    wrong one would train without a word.

    ## Example
    A colon and a space begin a mapping, also inside a sentence:

    ```yaml
    bnnc: 1
    name: example
    description: LeNet-5: the small one
    ```

    ## Use instead
    Put text that has `: ` or ` #` in it, or begins with one of ``@ ` % & * ! | > [ ] { }``, in quotes:

    ```yaml
    bnnc: 1
    name: example
    description: "LeNet-5: the small one"
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [YAML 1.2.2](https://yaml.org/spec/1.2.2/), chapters 5 to 9.
    [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), JSON.
    """
    return report(span, message, label=label, related=related, notes=notes, help=help)


def half_a_character(span: Span) -> Diagnostic:
    """The finding for one half of a character beyond U+FFFF, escaped without the other."""
    return yaml_syntax(
        span,
        f"{quoted(span.text)} is half of a character",
        label="the other half is missing",
        help=("write the character itself, or both halves as in `\\ud83d\\ude00`",),
    )
