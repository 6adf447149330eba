"""Select the findings to show, by their codes. Errors are always shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted


class SelectionError(ValueError):
    """A code that is not there, or that cannot be ignored; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Codes of warnings and remarks to show (all where None), and codes not to show."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()

    def of(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings that are shown: every error, and what is selected and not ignored."""
        return tuple(one for one in diagnostics if one.severity == "error" or self._shows(one.code))

    def _shows(self, code: str) -> bool:
        return (self.select is None or code in self.select) and code not in self.ignore


def make_selection(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Selection:
    """The selection that words such as `BNN409`, `BNN4,BNN602` or a rule's name ask for.

    Without any word in `select`, everything is selected.

    Raises: SelectionError for a word that fits no rule, or errors alone where it is to be ignored.
    """
    selected = [rule.code for word in _split(select) for rule in _rules_of(word)]
    ignored: set[str] = set()
    for word in _split(ignore):
        fitting = _rules_of(word)
        silenced = [rule.code for rule in fitting if rule.severity != "error"]
        if not silenced:
            what = "is an error" if rule_called(word) else "stands for errors alone"
            raise SelectionError(
                f"{quoted(word)} {what}, and errors cannot be ignored: such a spec does not "
                f"compile. `bnnc explain {fitting[0].code}` says what to write instead"
            )
        ignored.update(silenced)
    return Selection(frozenset(selected) if selected else None, frozenset(ignored))


def rule_called(word: str) -> Rule | None:
    """The rule of a code or a name, in large or small letters."""
    by_code = rules().get(word.upper())
    if by_code is not None:
        return by_code
    name = word.lower()
    return next((rule for rule in rules().values() if rule.name == name), None)


def name_like(word: str) -> str | None:
    """The code or name that a mistyped one was probably meant to be."""
    codes, names = list(rules()), [rule.name for rule in rules().values()]
    # Any two codes share their letters: only one that is off by a character is a guess.
    close = get_close_matches(word.upper(), codes, n=1, cutoff=0.8)
    return next(iter(close or get_close_matches(word.lower(), names, n=1)), None)


def _split(words: Iterable[str]) -> list[str]:
    return [word.strip() for given in words for word in given.split(",") if word.strip()]


def _rules_of(word: str) -> list[Rule]:
    """The rules of a code, a name, or the beginning of codes such as `BNN4`."""
    exact = rule_called(word)
    prefix = word.upper()
    # One letter fits everything, and nobody means that.
    fitting = [rule for code, rule in rules().items() if code.startswith(prefix)]
    found = [exact] if exact else fitting if prefix.startswith("BNN") else []
    if not found:
        meant = name_like(word)
        hint = f"did you mean `{meant}`?" if meant else "`bnnc explain` lists the rules"
        raise SelectionError(f"there is no rule {quoted(word)}; {hint}")
    return found
