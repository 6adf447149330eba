"""A comment asks to ignore what is not found, or what cannot be ignored."""

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
    """An ignore comment silences nothing.

    ## What it does
    Finds `# bnnc: ignore[...]` comments that have no effect: the line has no such finding, the code
    is that of an error, or no code is named. A comment counts for the findings that begin on its own
    line. What is not found is reported once the spec has no errors, since an error can hide it.

    ## Why it is bad
    A comment that once silenced something and now silences nothing will silence the next finding of
    that kind on its line, which nobody has weighed. An error cannot be ignored: the spec does not
    compile.

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
                label="an error",
                help=(f"{remove}; `bnnc explain {span.text}` says what to write instead",),
                fixes=fixes,
            )
        case "no code":
            return report(
                span,
                "an ignore comment that names no code ignores nothing",
                label="no code in square brackets",
                help=("name what is to be ignored, as in `# bnnc: ignore[BNN603]`",),
            )
        case "not found":
            return report(
                span,
                f"`{span.text}` is not found on this line",
                label="silences nothing",
                help=(f"{remove}, or put it at the end of the line that the finding begins on",),
                fixes=fixes,
            )


def _deletion(comment: Span) -> Fix:
    """The fix that leaves the line without its comment, and without the space before it."""
    source = comment.source
    line_start = source.line_starts[comment.position[0] - 1]
    start = line_start + len(source.text[line_start : comment.start].rstrip(" \t"))
    whole = Span(source, start, comment.end)
    return Fix("Delete the comment that silences nothing", (Edit(whole, ""),), safe=True)
