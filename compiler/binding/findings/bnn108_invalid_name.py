"""BNN108."""

import re

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span
from bnnc.specs.section import LAYER_NAME


@finding("BNN108")
def invalid_name(report: Report, span: Span, value: str, pattern: str) -> Diagnostic:
    """A name contains characters that are not allowed.

    ## What it does
    Checks the name of the model (letters, digits, dots, dashes and underscores) and the names of
    layers (lower-case letters, digits and underscores, starting with a letter).

    ## Why it is bad
    Names become names of files, of Keras layers and of variables in emitted source. bnnc would have
    to change a name that is not valid there without any message, and two names could become the
    same.

    ## Example
    ```yaml
    name: my first model!
    layers:
      - {type: flatten}
      - {type: dense, units: 10, name: Head-1}
    ```

    ## Use instead
    ```yaml
    name: my-first-model
    layers:
      - {type: flatten}
      - {type: dense, units: 10, name: head_1}
    ```
    """
    of_layer = pattern == LAYER_NAME
    allowed = (
        "lower-case letters, digits and underscores, starts with a letter, and has at most 63 characters"
        if of_layer
        else "letters, digits, dots, dashes and underscores, starts with a letter or digit, "
        "and has at most 128 characters"
    )
    suggestion = _suggestion(value, of_layer)
    return report(
        span,
        f"{quoted(value)} is not a valid name" if value else "a name cannot be empty",
        label=_problem(value, of_layer),
        notes=(f"a name has {allowed}",),
        help=(f"write `{suggestion}`",) if re.fullmatch(pattern, suggestion) else (),
    )


def _problem(value: str, of_layer: bool) -> str:
    most = 63 if of_layer else 128
    if len(value) > most:
        return f"has {len(value):,} characters"
    allowed, first = ("[a-z0-9_]", "[a-z]") if of_layer else ("[A-Za-z0-9._-]", "[A-Za-z0-9]")
    for character in value:
        if not re.fullmatch(allowed, character):
            shown = "a space" if character == " " else quoted(character)
            return f"{shown} is not allowed in a name"
    if value and not re.fullmatch(first, value[0]):
        return f"a name cannot start with {quoted(value[0])}"
    return "the name is empty"


def _suggestion(value: str, of_layer: bool) -> str:
    if of_layer:
        return re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")[:63]
    return re.sub(r"[^A-Za-z0-9._]+", "-", value).strip("-._")[:128]
