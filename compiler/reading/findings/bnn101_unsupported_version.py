"""BNN101."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span
from bnnc.specs.spec import LANGUAGE_VERSION


@finding("BNN101")
def unsupported_version(report: Report, span: Span, version: int) -> Diagnostic:
    """The spec is written in a version of the language that this bnnc does not read.

    ## What it does
    Checks that `bnnc:` names a version of the language that is known.

    ## Why it is bad
    The same words may mean another model in another version. Reading them all the same would
    build something that its author did not write.

    ## Example
    ```yaml
    bnnc: 7
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    return report(
        span,
        f"version {version} of the language is not known",
        label=f"this bnnc reads version {LANGUAGE_VERSION}",
        help=(f"write `bnnc: {LANGUAGE_VERSION}`, or install a bnnc that reads version {version}",),
    )
