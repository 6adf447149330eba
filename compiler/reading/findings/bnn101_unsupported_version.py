"""BNN101."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span
from bnnc.specs.spec import LANGUAGE_VERSION


@finding("BNN101")
def unsupported_version(report: Report, span: Span, version: int) -> Diagnostic:
    """The spec has a language version that this bnnc cannot read.

    ## What it does
    Checks that `bnnc:` has a known language version.

    ## Why it is bad
    The same keys may describe another model in another version. If bnnc read them anyway, it could
    build a model that you did not describe.

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
        f"the language version {version} is unknown",
        label=f"this bnnc reads version {LANGUAGE_VERSION}",
        help=(f"write `bnnc: {LANGUAGE_VERSION}`, or install a bnnc that reads version {version}",),
    )
