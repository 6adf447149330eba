"""Keys of accepted specs, mistyped and then fixed, for `benchmarks/fuzz.py`.

The law: a fix gives the spec back, equal in meaning, or leaves the text alone, or, where two keys
are mistyped, puts one of them right; and no mapping has a key twice.
"""

from __future__ import annotations

from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from random import Random

from benchmarks.fuzzing.inputs import ROOT
from benchmarks.fuzzing.trial import Trial, hold
from bnnc.compiler.pipeline import check_bytes, fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.tree import Mapping, Node, Sequence

_LETTERS = "abcdefghijklmnopqrstuvwxyz_-"
_BRITISH = (("ize", "ise"), ("or", "our"), ("er", "re"), ("og", "ogue"), ("ling", "lling"))


def _edited(random: Random, key: str) -> str:
    """A key with one letter left out, doubled, replaced, added, or two of them exchanged."""
    at = random.randrange(len(key))
    match random.randrange(5):
        case 0:
            return key[:at] + key[at + 1 :]
        case 1:
            return key[: at + 1] + key[at:]
        case 2:
            return key[:at] + random.choice(_LETTERS) + key[at + 1 :]
        case 3:
            return key[:at] + random.choice(_LETTERS) + key[at:]
        case _:
            return key[: at - 1] + key[at : at + 1] + key[at - 1 : at] + key[at + 1 :]


def _british(random: Random, key: str) -> str:
    found = [(old, new) for old, new in _BRITISH if old in key]
    return key.replace(*random.choice(found), 1) if found else key


def _cased(random: Random, key: str) -> str:
    first, *more = key.split("_")
    camel = first + "".join(one.capitalize() for one in more)
    forms = (camel, camel.capitalize(), key.upper(), key.replace("_", "-"), key.replace("_", ""))
    return random.choice(forms)


def _numbered(random: Random, key: str) -> str:
    return random.choice((key + "s", key.removesuffix("s"), "num_" + key, "n_" + key, key + "_"))


MISTAKES: tuple[Callable[[Random, str], str], ...] = (
    *(_edited, _edited, _edited),
    *(_british, _cased, _numbered),
)


def _keys(tree: Mapping) -> list[tuple[int, int]]:
    """Where the keys of a tree stand in its text."""
    places: list[tuple[int, int]] = []
    waiting: list[Node] = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            for entry in one.entries:
                places.append((entry.key_span.start, entry.key_span.end))
                waiting.append(entry.value)
        elif isinstance(one, Sequence):
            waiting += one.items
    return places


class Mistyped(Trial):
    """Takes a seed: it says which spec, which of its keys, and how they are mistyped."""

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        super().__init__(source, folder, current=current)
        files = sorted((ROOT / "specs" / "gallery").glob("*.yaml"))
        reports = [check_bytes(str(path), path.read_bytes()) for path in files]
        # Whatever else there is to be fixed in a spec would change it too.
        self.reports = [one for one in reports if one.ok and not one.diagnostics]
        hold(len(self.reports) > 10, "too few specs without findings to begin with")

    def take(self, data: bytes) -> None:
        """Mistype, fix, and compare."""
        random = Random(data)
        report = random.choice(self.reports)
        text, others = self._mistyped(random, report)
        wrong = check_bytes(report.source.name, text.encode())
        if wrong.ok:  # another word of the language
            self.result.accepted += 1
            return
        fixed = fix(wrong, unsafe=random.random() < 0.5)
        twice = any(one.code == "BNN002" for one in fixed.report.diagnostics)
        hold(not twice or any(one.code == "BNN002" for one in wrong.diagnostics), "a key twice")
        if not fixed.applied:
            hold(fixed.source.text == text, "a change without a fix")
            return
        self.result.fixed += 1
        assert report.spec is not None
        same = fixed.report.spec is not None and (
            fixed.report.spec.fingerprint() == report.spec.fingerprint()
        )
        hold(
            same or fixed.source.text in others,
            f"a fix that changes the meaning\n{_difference(text, fixed.source.text)}",
        )

    def _mistyped(self, random: Random, report: Report) -> tuple[str, list[str]]:
        """The text with one or two keys mistyped, and, of two, with either of them alone."""
        texts = [report.source.text]
        assert report.tree is not None
        places = _keys(report.tree)
        chosen = random.sample(places, min(len(places), random.choice((1, 1, 1, 2))))
        for start, end in sorted(chosen, reverse=True):
            key = wrong = report.source.text[start:end]
            while wrong == key:
                wrong = random.choice(MISTAKES)(random, key)
            # From the last to the first, so that a change moves none that is still to come.
            texts = [*(one[:start] + wrong + one[end:] for one in texts), *texts]
        return texts[0], texts[1:-1]


def _difference(before: str, after: str) -> str:
    from difflib import unified_diff

    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))
