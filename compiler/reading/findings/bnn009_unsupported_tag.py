"""YAML tags, which a spec does not have."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN009")
def unsupported_tag(report: Report, span: Span, tag: str) -> Diagnostic:
    """A value has a YAML tag.

    ## What it does
    Reports every tag, such as `!!str`, `!name` and `!!python/object`, and `%TAG` directives. bnnc
    does not check the value further.

    ## Why it is bad
    With custom tags, some YAML readers create objects of any class, which has let foreign code run
    in many programs. The tags of YAML's own types are safe but unnecessary: quotes make text,
    digits make a number. A spec means the same in YAML and in JSON, and JSON has no tags.

    ## Example
    ```yaml
    bnnc: 1
    name: !!str 2026
    ```

    ## Use instead
    Quotes make a number into text:

    ```yaml
    bnnc: 1
    name: example
    description: "2026"
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## References
    [YAML 1.2.2, section 6.9.1](https://yaml.org/spec/1.2.2/#691-node-tags), node tags.
    """
    if tag.startswith("%"):
        return report(
            span,
            f"{quoted(tag)} declares tags, and a spec cannot have tags",
            label="directive",
            help=("delete the line",),
        )
    return report(
        span,
        f"{quoted(tag)} is a tag, and a spec cannot have tags",
        label="tag",
        notes=("the form of a value decides whether it is a number, text or a list",),
        help=(_WAYS_OUT.get(tag, "delete the tag; if it is text, put it in quotes"),),
    )


_WAYS_OUT = {
    "!": "put the value in quotes: that makes it text",
    "!!str": "put the value in quotes: that makes it text",
    "!!int": "write the number without the tag and without quotes",
    "!!float": "write the number without the tag and without quotes",
    "!!bool": "write `true` or `false` without the tag",
    "!!null": "write `null`, or delete the key",
    "!!seq": "delete the tag: dashes or square brackets make a list",
    "!!map": "delete the tag: keys make a mapping",
}
