"""An ignore comment suppresses no finding."""

from __future__ import annotations

from typing import Literal

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix
from bnnc.compiler.text.source import Span

Reason = Literal["not found", "error", "no code"]


@finding("BNN603", severity="warning")
def ignore_comment_silences_nothing(
    report: Report, span: Span, reason: Reason, *, whole_comment: Span | None = None
) -> Diagnostic:
    """An ignore comment suppresses no finding.

    ## What it does
    Reports `# bnnc: ignore[...]` comments without effect: the line has no such finding, the code is
    that of an error, or the comment has no code. A comment suppresses the findings that begin on
    its own line. An unused comment is reported only if the spec has no errors, because an error can
    hide other findings.

    ## Why it is bad
    A comment that no longer suppresses a finding will suppress the next finding of that rule on its
    line, which nobody has looked at. An error cannot be ignored: the spec does not compile.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}  # bnnc: ignore[BNN602]
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    remove = f"delete `{span.text}`" if whole_comment is None else "delete the comment"
    fixes = () if whole_comment is None else (_deletion(whole_comment),)
    match reason:
        case "error":
            return report(
                span,
                f"`{span.text}` is an error, and errors cannot be ignored",
                label="the code of an error",
                help=(f"{remove}; `bnnc explain {span.text}` shows what to write instead",),
                fixes=fixes,
            )
        case "no code":
            return report(
                span,
                "an ignore comment without a code suppresses no finding",
                label="no code in square brackets",
                help=("write the code to ignore, as in `# bnnc: ignore[BNN603]`",),
            )
        case "not found":
            return report(
                span,
                f"this line has no finding `{span.text}`",
                label="suppresses no finding",
                help=(f"{remove}, or move it to the end of the line where the finding begins",),
                fixes=fixes,
            )


def _deletion(comment: Span) -> Fix:
    """The fix that leaves the line without its comment, and without the space before it."""
    source = comment.source
    line_start = source.line_starts[comment.position[0] - 1]
    start = line_start + len(source.text[line_start : comment.start].rstrip(" \t"))
    whole = Span(source, start, comment.end)
    return Fix("delete the comment without effect", (Edit(whole, ""),), safe=True)
