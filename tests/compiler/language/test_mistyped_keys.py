"""Mistyped keys: `--unsafe-fixes` gives the spec back as it was, or leaves it alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import pytest

from bnnc.compiler.language.schema_queries import keys_at
from bnnc.compiler.language.synonyms import ALSO_CALLED
from bnnc.compiler.pipeline import check, fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Entry, Mapping, Path, to_json, walk

GALLERY = {
    one.name: one.read_text(encoding="utf-8")
    for one in sorted((files("bnnc") / "specs" / "gallery").iterdir(), key=lambda one: one.name)
    if one.name.endswith(".yaml")
}


@cache
def checked(text: str) -> Report:
    return check(Source("spec.yaml", text))


def spellings(key: str) -> list[str]:
    """A key with one mistake in it, in each of the ways that people make one."""
    middle = len(key) // 2
    found = [
        key[:middle] + key[middle + 1 :],
        key[:middle] + key[middle] + key[middle:],
        key.capitalize(),
        key[:middle] + key[middle + 1 : middle + 2] + key[middle] + key[middle + 2 :],
        key[:-1],
        key.replace("_", "-"),
        key.replace("iz", "is"),
        key.upper(),
        key.replace("_", ""),
    ]
    return [one for one in dict.fromkeys(found) if one != key]


@cache
def entries(text: str) -> list[tuple[Path, Entry]]:
    """Every entry of a spec with the path of its mapping, but for notes of the author's own."""
    report = checked(text)
    assert report.tree is not None
    return [
        (path, one)
        for path, node in walk(report.tree)
        if isinstance(node, Mapping) and not str(path[:1]).startswith("('x-")
        for one in node.own_entries
    ]


def mistyped(text: str, wrong: dict[Entry, str]) -> str:
    for one in sorted(wrong, key=lambda entry: -entry.key_span.start):
        span = one.key_span
        text = text[: span.start] + wrong[one] + text[span.end :]
    return text


def holds(original: Report, text: str) -> None:
    """Fixing a text gives the original's meaning, or the text itself."""
    fixed = fix(checked(text), unsafe=True)
    if fixed.report.spec is None:
        assert fixed.source.text == text, [one.message for one in fixed.report.diagnostics]
    else:
        assert fixed.report.spec.fingerprint() == original.accepted().fingerprint()


@pytest.mark.parametrize("name", GALLERY)
def test_one_mistyped_key_in_every_mapping_is_put_right(name: str) -> None:
    report = checked(GALLERY[name])
    rows: dict[int, dict[Entry, str]] = {}
    places: set[int] = set()
    for number, (path, one) in enumerate(entries(GALLERY[name])):
        if one.key_span.start in places:  # what an alias repeats
            continue
        places.add(one.key_span.start)
        mapping = [entry for around, entry in entries(GALLERY[name]) if around == path]
        wrong = spellings(one.key)
        rows.setdefault(mapping.index(one), {})[one] = wrong[number % len(wrong)]
    assert sum(map(len, rows.values())) == len(places)
    for wrong_keys in rows.values():
        holds(report, mistyped(report.source.text, wrong_keys))


@pytest.mark.parametrize("name", GALLERY)
def test_a_section_that_is_mistyped_alone_is_put_right(name: str) -> None:
    report = checked(GALLERY[name])
    assert report.tree is not None
    for number, one in enumerate(report.tree.entries):
        wrong = spellings(one.key)
        holds(report, mistyped(report.source.text, {one: wrong[number % len(wrong)]}))


@cache
def document_of(text: str) -> object:
    tree = checked(text).tree
    assert tree is not None
    return to_json(tree)


def words_of_others(path: Path, key: str, document: object) -> Iterator[str]:
    for word, meant in ALSO_CALLED.items():
        if key in meant and word not in keys_at(path, document):  # type: ignore[arg-type]
            yield word


@pytest.mark.parametrize("word", sorted(ALSO_CALLED))
def test_a_word_of_another_library_is_put_right_or_left_alone(word: str) -> None:
    """In the first place of the gallery that has the key which it stands for."""
    for text in GALLERY.values():
        for path, one in entries(text):
            if word in words_of_others(path, one.key, document_of(text)):
                holds(checked(text), mistyped(text, {one: word}))
                return


@pytest.mark.parametrize(
    "keys",
    [
        "trainig: {epochs: 3}\ntraning: {epochs: 4}\n",
        "training: {epochs: 3}\ntraning: {epochs: 4}\n",
    ],
)
def test_two_fixes_do_not_write_one_key_twice(keys: str) -> None:
    text = GALLERY["digits-flipout.yaml"]
    report = checked(text)
    assert report.tree is not None
    training = report.tree.entry("training")
    assert training is not None
    text = text[: training.span.start] + keys + text[training.span.end :]
    fixed = fix(checked(text), unsafe=True)
    assert fixed.source.text.count("\ntraining:") == 1
    assert "BNN002" not in [one.code for one in fixed.report.diagnostics]
    assert "epochs: 3" in fixed.source.text
    assert "epochs: 4" in fixed.source.text


def test_a_synonym_is_no_key_of_a_distribution_without_it() -> None:
    """`num_labels` is the number of classes elsewhere; a `normal` output has `labels` alone."""
    text = GALLERY["digits-regression.yaml"]
    assert text.count("labels: real") == 1
    report = checked(text)
    fixed = fix(checked(text.replace("labels: real", "num_labels: real")), unsafe=True)
    assert fixed.report.accepted().fingerprint() == report.accepted().fingerprint()
    assert "classes: real" not in fixed.source.text
