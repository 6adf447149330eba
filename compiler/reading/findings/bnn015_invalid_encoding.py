"""Bytes that are not UTF-8."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN015")
def invalid_encoding(
    report: Report, span: Span, *, byte: int | None = None, encoding: str = ""
) -> Diagnostic:
    """The file is not UTF-8.

    ## What it does
    Reports the first byte that is not valid UTF-8, and files that begin with the byte order mark of
    UTF-16 or UTF-32. A byte order mark of UTF-8 is allowed and ignored.

    ## Why it is bad
    The same bytes are different letters in other encodings, so bnnc would have to guess a name or a
    path. The JSON standard requires UTF-8, and nearly every tool writes YAML in UTF-8.

    ## Example
    The word `Größe` saved in Windows-1252, where `ö` is the byte 0xf6.

    ## Use instead
    Save the file as UTF-8, which has all letters:

    ```yaml
    bnnc: 1
    name: example
    description: Größe 28
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [RFC 8259, section 8.1](https://www.rfc-editor.org/rfc/rfc8259#section-8.1), character encoding.
    """
    if byte is None:
        return report(
            span,
            f"the file is saved as {encoding}, not as UTF-8",
            label=f"the byte order mark of {encoding}",
            help=("save the file as UTF-8: most editors offer this when you save a file",),
        )
    guess = bytes((byte,)).decode("windows-1252", "replace")
    return report(
        span,
        f"the byte 0x{byte:02x} is not UTF-8 here",
        label=f"0x{byte:02x}",
        notes=(f"in the older encoding Windows-1252 it is `{guess}`",)
        if guess.isalpha() or guess in "‘’“”–—…€"  # what a word processor writes
        else (),
        help=("save the file as UTF-8; if it is not text, check that it is the right file",),
    )
