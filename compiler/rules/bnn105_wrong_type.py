"""BNN105."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json


@finding("BNN105")
def wrong_type(
    report: Report,
    span: Span,
    what: str,
    expected: str,
    value: Json,
    about: str,
    *,
    has_default: bool,
) -> Diagnostic:
    """A value of another kind than the language expects: text for a number, a number for a list.

    ## What it does
    Finds values of the wrong kind. Nothing is converted: `"10"` is text, not the number 10.

    ## Why it is bad
    A conversion is a guess. YAML turns `1e-3` into a number, `"1e-3"` into text, and `[28, 28]`
    into a list; the spec says what was meant only if the kinds are right.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: 28}
    layers:
      - {type: flatten}
      - {type: dense, units: "10"}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    help: tuple[str, ...] = ()
    if isinstance(value, str) and "number" in expected and _is_number(value):
        help = (f"write {value} without quotes",)
    elif isinstance(value, str) and expected.startswith("a list") and value[:1] == "[":
        help = ("write it without quotes",)
    elif isinstance(value, str) and "`true`" in expected and value.lower() in _SWITCHES:
        word = "true" if _SWITCHES[value.lower()] else "false"
        help = (f"write `{word}`: in YAML 1.2 `{value}` is text",)
    elif isinstance(value, float) and expected.startswith("a whole number"):
        help = (f"write {round(value)}, or another whole number",)
    elif isinstance(value, str) and expected.startswith("a mapping with") and len(value) < 40:
        keys = [key for key in ("type", "distribution", "method") if f"`{key}`" in expected]
        help = tuple(f"write `{{{key}: {value}}}`" for key in keys[:1])
    elif value is None:
        help = (
            "write a value, or delete the key to have its default"
            if has_default
            else "write a value: there is no default",
        )
    return report(
        span,
        f"{what} must be {expected}",
        label=f"this is {_kind(value)}",
        notes=(about,) if about and not help else (),
        help=help,
    )


_SWITCHES = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "a whole number"
        case float():
            return "a fractional number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
