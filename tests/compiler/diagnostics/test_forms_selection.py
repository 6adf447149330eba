"""Which findings are shown: what is selected and not ignored, and every error."""

from __future__ import annotations

import pytest

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Severity
from bnnc.compiler.diagnostics.selection import SelectionError, make_selection
from bnnc.compiler.text.source import Source, Span

SOURCE = Source("a.yaml", "bnnc: 1\n")
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information")
ALL = tuple(
    Diagnostic(rule.code, rule.name, severity, "m", Span(SOURCE, 0, 4))
    for rule in rules().values()
    for severity in SEVERITIES
)


@pytest.mark.parametrize(
    ("select", "ignore"),
    [
        ([], []),
        (["BNN602"], []),
        (["bnn6", "BNN602"], ["BNN603"]),
        (["ignore-comment-silences-nothing,"], []),
        ([], ["BNN602,Ignore-Comment-Silences-Nothing"]),
        ([], ["BNN"]),
        (["BNN1"], ["BNN6"]),
    ],
)
def test_errors_are_shown_whatever_is_selected_or_ignored(
    select: list[str], ignore: list[str]
) -> None:
    shown = make_selection(select, ignore).of(ALL)
    assert {one for one in ALL if one.severity == "error"} <= set(shown)
    assert shown == tuple(one for one in ALL if one in set(shown))


def others(select: list[str], ignore: list[str]) -> set[str]:
    """Codes of the warnings that are shown; remarks are treated as they are."""
    shown = make_selection(select, ignore).of(ALL)
    warnings = {one.code for one in shown if one.severity == "warning"}
    assert warnings == {one.code for one in shown if one.severity == "information"}
    return warnings


def test_codes_prefixes_and_names_select_and_ignore() -> None:
    every = set(rules())
    assert others([], []) == every
    assert others(["bnn602"], []) == {"BNN602"}
    assert others(["BNN60"], []) == {code for code in every if code.startswith("BNN60")}
    assert others(["unknown-code-in-ignore-comment", "BNN603"], ["BNN603"]) == {"BNN602"}
    assert others([" BNN602 , BNN603 "], []) == {"BNN602", "BNN603"}
    assert others([], ["BNN602"]) == every - {"BNN602"}
    silent = {code for code, rule in rules().items() if rule.severity != "error"}
    assert others([], ["BNN"]) == every - silent


@pytest.mark.parametrize("word", ["BNN301", "bnn301", "softmax-output-read-as-logits"])
def test_an_error_cannot_be_ignored(word: str) -> None:
    with pytest.raises(SelectionError, match="is an error, and errors cannot be ignored"):
        make_selection(ignore=[word])


def test_a_prefix_of_errors_alone_cannot_be_ignored() -> None:
    with pytest.raises(SelectionError, match="stands for errors alone"):
        make_selection(ignore=["BNN30"])


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("BN301", "did you mean `BNN301`?"),
        ("softmax-read-as-logits", "did you mean `softmax-output-read-as-logits`?"),
        ("BNN999", "`bnnc explain` lists the rules"),
        ("B", "`bnnc explain` lists the rules"),
        ("`\x1b", "`bnnc explain` lists the rules"),
    ],
)
@pytest.mark.parametrize("option", ["select", "ignore"])
def test_an_unknown_code_is_refused_with_what_may_be_meant(
    word: str, hint: str, option: str
) -> None:
    with pytest.raises(SelectionError, match="there is no rule") as refused:
        make_selection(**{option: [word]})
    assert hint in str(refused.value)
    assert "\x1b" not in str(refused.value)
