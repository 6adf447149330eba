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
    Reports the first place where the text is not valid YAML (or JSON, which is YAML too): a tab in
    the indentation, a colon without a space after it, text that needs quotes, a bracket or a quote
    that is never closed, a line whose indentation fits no level. bnnc reports one such error at a
    time, because everything after it would be a guess.

    ## Why it is bad
    Indentation and punctuation decide which key belongs to which section. If they contradict each
    other, the rest has more than one possible meaning, and a model built from the wrong one would
    train without any message.

    ## Example
    A colon and a space start a mapping, even inside a sentence:

    ```yaml
    bnnc: 1
    name: example
    description: LeNet-5: the small one
    ```

    ## Use instead
    Put text in quotes if it contains `: ` or ` #`, or begins with one of ``@ ` % & * ! | > [ ] { }``:

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
