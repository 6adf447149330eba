"""A comment asks to ignore a rule that there is not."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN602", severity="warning")
def unknown_code_in_ignore_comment(
    report: Report, span: Span, suggestion: str | None, *, is_prefix: bool
) -> Diagnostic:
    """A comment asks to ignore a rule that there is not.

    ## What it does
    Finds names in `# bnnc: ignore[...]` that are neither the code nor the name of a rule.

    ## Why it is bad
    The comment looks as if a finding had been weighed and put aside, and does nothing. Nobody sees
    that it was mistyped until the finding is missed.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}  # bnnc: ignore[BNN999]
    ```

    ## Use instead
    The code that the finding itself shows, or no comment:

    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    if is_prefix:
        ways_out = (f"write each code out; `--ignore {span.text}` takes the beginning of codes",)
    elif suggestion:
        ways_out = (f"did you mean `{suggestion}`?",)
    else:
        ways_out = ("`bnnc explain` lists the rules",)
    return report(
        span,
        f"there is no rule {quoted(span.text)}",
        label="the beginning of several codes" if is_prefix else "neither a code nor a name",
        notes=("the comment ignores nothing by it",),
        help=ways_out,
    )
