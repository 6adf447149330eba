"""YAML tags, which a spec has none of."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN009")
def unsupported_tag(report: Report, span: Span, tag: str) -> Diagnostic:
    """A value has a YAML tag.

    ## What it does
    Reports every tag, `!!str` and its like as well as `!name` and `!!python/object`, and `%TAG`
    directives. The value is not judged any further.

    ## Why it is bad
    Custom tags make some YAML readers build objects of any class, which has run foreign code in many
    programs. The tags of YAML's own types are not dangerous, but superfluous: quotes make text, digits
    make a number. A spec reads the same as YAML and as JSON, and JSON has no tags.

    ## Example
    ```yaml
    bnnc: 1
    name: !!str 2026
    ```

    ## Use instead
    Quotes make text of a number:

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
            f"{quoted(tag)} prepares tags, and a spec has none",
            label="directive",
            help=("delete the line",),
        )
    return report(
        span,
        f"{quoted(tag)} is a tag, and a spec has none",
        label="tag",
        notes=("what a value is, a number, text or a list, is told by how it is written",),
        help=(_WAYS_OUT.get(tag, "delete the tag; if it is text, put it in quotes"),),
    )


_WAYS_OUT = {
    "!": "put the value in quotes: that makes it text",
    "!!str": "put the value in quotes: that makes it text",
    "!!int": "write the number without the tag and without quotes",
    "!!float": "write the number without the tag and without quotes",
    "!!bool": "write `true` or `false` without the tag",
    "!!null": "write `null`, or delete the key",
    "!!seq": "delete the tag: items and brackets make a list",
    "!!map": "delete the tag: keys make a mapping",
}
