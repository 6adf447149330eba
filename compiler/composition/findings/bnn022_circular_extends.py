"""Files that extend each other in a circle."""

from __future__ import annotations

from dataclasses import dataclass

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@dataclass(frozen=True, slots=True)
class Link:
    """A file that names another one in its `extends`, and the place where it does."""

    file: str
    extended: str
    span: Span


@finding("BNN022")
def circular_extends(report: Report, links: tuple[Link, ...]) -> Diagnostic:
    """A file extends itself, directly or through other files.

    ## What it does
    Follows `extends` from file to file, and reports a chain that comes back to its start. The
    finding shows the whole circle.

    ## Why it is bad
    The keys of a file replace those of the files that it extends. In a circle, each file would
    replace all the others.

    ## Example
    ```yaml
    extends: wide.yaml
    bnnc: 1
    name: example
    ```

    ```yaml
    # wide.yaml
    extends: example.yaml
    bnnc: 1
    ```

    ## Use instead
    Put the keys that both need in a third file:

    ```yaml
    extends: [base.yaml, wide.yaml]
    name: example
    ```

    ```yaml
    # wide.yaml
    training: {batch_size: 512}
    ```

    ```yaml
    # base.yaml
    bnnc: 1
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    # One circle is one finding, whichever of its files it was entered by.
    first = min(range(len(links)), key=lambda index: links[index].file)
    links = links[first:] + links[:first]
    begin = links[0]
    if len(links) == 1:
        message = f"{quoted(begin.file)} extends itself"
    else:
        message = f"{quoted(begin.file)} extends itself through " + ", ".join(
            quoted(link.file) for link in links[1:]
        )
    related = tuple(Label(link.span, f"which extends {quoted(link.extended)}") for link in links)
    return report(
        begin.span,
        message,
        label=related[0].text.removeprefix("which "),
        related=related[1:],
        help=("delete one of these names, and move the keys that both files need to a third file",),
    )
