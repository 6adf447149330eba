"""An ignore comment names an unknown rule."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN602", severity="warning")
def unknown_code_in_ignore_comment(
    report: Report, span: Span, suggestion: str | None, *, is_prefix: bool
) -> Diagnostic:
    """An ignore comment names an unknown rule.

    ## What it does
    Reports names in `# bnnc: ignore[...]` that are neither the code nor the name of a rule.

    ## Why it is bad
    The comment looks as if somebody had accepted a finding, but it has no effect. Nobody notices
    the typing error until the finding appears again.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}  # bnnc: ignore[BNN999]
    ```

    ## Use instead
    Write the code that the finding shows, or delete the comment:

    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    if is_prefix:
        ways_out = (
            f"write each code in full; only `--ignore {span.text}` accepts the start of codes",
        )
    elif suggestion:
        ways_out = (f"did you mean `{suggestion}`?",)
    else:
        ways_out = ("`bnnc explain` lists the rules",)
    return report(
        span,
        f"there is no rule {quoted(span.text)}",
        label="the start of several codes" if is_prefix else "neither a code nor a name of a rule",
        notes=("this part of the comment has no effect",),
        help=ways_out,
    )
