"""Keys that are numbers, truth values, null, lists or mappings."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.tree import Mapping, Node, Scalar


@finding("BNN012")
def key_is_not_a_string(report: Report, key: Node) -> Diagnostic:
    """A key is not text.

    ## What it does
    Reports keys that are numbers, `true`, `false` or `null`, lists, mappings, or missing. bnnc
    ignores the entry when it checks the rest. `yes`, `no`, `on` and `off` are text in YAML 1.2, and
    allowed.

    ## Why it is bad
    Every key of a spec is a name. In JSON all keys are strings, and YAML readers disagree about
    `1:`, which is a number for some and text for others. A mapping as a key is usually a template
    that was not filled in: `{{ units }}` is two mappings in YAML.

    ## Example
    ```yaml
    bnnc: 1
    10: example
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

    ## References
    [RFC 8259, section 4](https://www.rfc-editor.org/rfc/rfc8259#section-4): the names of an object are strings.
    """
    if isinstance(key, Scalar):
        written = key.span.text
        if not written:
            return report(
                key.span,
                "a key is missing before this colon",
                help=("write `key: value`, or delete the line",),
            )
        kind = _kind(key.value, written)
        return report(
            key.span,
            f"a key must be text, and {quoted(written)} is {kind}",
            label=f"read as {kind}",
            help=(
                f"if this is the name of the key, put it in quotes: {quoted(repr(written[:40]))}",
            ),
        )
    kind = "a mapping" if isinstance(key, Mapping) else "a list"
    # `{{ name }}` is a placeholder in most template languages.
    is_template = key.span.source.text.startswith("{{", key.span.start - 1)
    return report(
        key.span,
        "a placeholder of a template was not filled in"
        if is_template
        else f"a key must be text, and this is {kind}",
        label=f"read as {kind} instead of a key" if is_template else kind,
        help=(
            "fill in the template before bnnc reads it; if the braces are text, put them in quotes"
            if is_template
            else "write a name before the colon; text that begins with a bracket needs quotes",
        ),
    )


def _kind(value: bool | float | str | None, written: str) -> str:
    # A number out of range has no value here, and is still one.
    if value is None and written[0] not in "+-.0123456789":
        return "null"
    return "a truth value" if isinstance(value, bool) else "a number"
