"""Characters that are not allowed in a text."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN018")
def control_character(report: Report, span: Span, text: str) -> Diagnostic:
    """The text has a control character.

    ## What it does
    Reports the first character below U+0020 other than tab, line feed and carriage return, the
    control characters from U+007F to U+009F, single surrogates, and the noncharacters U+FFFE and
    U+FFFF. JSON allows some of them inside strings; a spec does not.

    ## Why it is bad
    Such characters are invisible. Some move the cursor of a terminal or change its display. Some
    end a line for one reader but not for another, so you may see another text than bnnc reads. A
    NUL character usually means that the file is not text.

    ## Example
    A vertical tab, U+000B, in a line that was copied from a word processor.

    ## Use instead
    Delete the character. If you need it, escape it in double quotes:

    ```yaml
    bnnc: 1
    name: example
    description: "one\\u000btwo"
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [YAML 1.2.2, section 5.1](https://yaml.org/spec/1.2.2/#51-character-set), the character set.
    """
    code = ord(span.text)
    if code == 0:
        note = "a file with NUL characters is not text, or is saved as UTF-16"
    elif 0xD800 <= code <= 0xDFFF:
        note = "this is half of a character, which UTF-8 cannot write"
    else:
        note = "it is invisible, and terminals and other readers interpret it instead of showing it"
    return report(
        span,
        f"the character U+{code:04X} is not allowed in a spec",
        label="not a character of text",
        notes=(note,),
        help=(
            f'delete it; if you need it, write it as an escape in double quotes: `"\\u{code:04x}"`'
            if code and not 0xD800 <= code <= 0xDFFF
            else "check that this is the right file, and save it as UTF-8",
        ),
    )
