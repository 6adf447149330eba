"""All pages of the documentation in one folder: the hand-written and the generated ones.

Hand-written pages read well in the repository too, where the generated ones do not exist. So they
link to those by name only: a code such as BNN301, a field such as `loss.kl.weight` and a command
such as `bnnc check`, in backticks, become links here; on the page of the methods, methods too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.language.concepts import find_concept
from bnnc.specs.methods import METHODS
from bnnc.specs.schema import FILE_NAME as SCHEMA
from docs.generator.commands import commands_reference, help_texts
from docs.generator.concepts import concept_pages, concepts_table
from docs.generator.language import field_anchors, language_pages, sections_table
from docs.generator.rules import rule_pages, rules_table

# What stands on a hand-written page where a generated part goes.
_PARTS: dict[str, Callable[[], str]] = {
    "commands": commands_reference,
    "concepts": concepts_table,
    "rules": rules_table,
    "sections": sections_table,
}
_PART = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
# Fenced blocks, existing links, headings and comments stay as they are.
_KEPT = re.compile(
    r"^ *```.*?^ *```$|\[[^\]\n]*\]\([^)\n]*\)|^#.*?$|<!--.*?-->", re.MULTILINE | re.DOTALL
)
# A code span, or a bare code. Spans come first: a code inside of one is no link of its own.
_NAMED = re.compile(r"`([^`\n]+)`|\b(BNN\d{3})\b")
# Folders whose files pages link to: in the repository, and in the site.
_FOLDERS = {"../benchmarks/": "benchmarks/", "../specs/gallery/": "gallery/"}


def write_pages(root: Path, target: Path) -> None:
    """Write every page and what pages show below `target`."""
    target.mkdir(parents=True)
    for folder in ("assets", "images"):
        shutil.copytree(root / "docs" / folder, target / folder)
    shutil.copy(root / "specs" / SCHEMA, target)  # its `$id` is where the site has it
    for source, place in _FOLDERS.items():
        _copy_files(root / "docs" / source, target / place)
    for page in sorted((root / "docs").glob("*.md")):
        _write(target / page.name, _from_repository(page.read_text(encoding="utf-8")))
    for name, section in language_pages().items():
        _write(target / "language" / f"{name}.md", section.text)
    for code, text in rule_pages().items():
        _write(target / "rules" / f"{code}.md", text)
    for slug, text in concept_pages().items():
        _write(target / "concepts" / f"{slug}.md", text)


def _copy_files(source: Path, place: Path) -> None:
    place.mkdir()
    for path in source.iterdir():
        if path.suffix in {".md", ".svg", ".yaml"}:
            shutil.copy(path, place)


def _from_repository(text: str) -> str:
    for source, place in _FOLDERS.items():
        text = text.replace(f"]({source}", f"]({place}")
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    in_folder = path.parent.name in {"language", "rules", "concepts"}
    text = linked(text, f"{path.parent.name}/{path.name}" if in_folder else path.name)
    text = _PART.sub(lambda found: _PARTS[found[1]](), text)
    path.write_text(text, encoding="utf-8")


def linked(text: str, page: str) -> str:
    """A page with links to the codes, fields and commands that it names; `page` is its own place."""
    pieces, end = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [_with_links(text[end : kept.start()], page), kept[0]]
        end = kept.end()
    return "".join([*pieces, _with_links(text[end:], page)])


def _with_links(text: str, page: str) -> str:
    """A piece of running text with its links; code spans of more than one name stay as they are."""
    return _NAMED.sub(lambda found: _link(found[0], _place(found[1] or found[2], page), page), text)


def _place(name: str, page: str) -> str | None:
    """Where a code, a field or a command is described; None for other words.

    The page of the methods names them in backticks; elsewhere such a word may be another one, such
    as the prior `laplace`.
    """
    if page == "methods.md" and name in {*METHODS, "ensemble"}:
        concept = find_concept(name)
        return f"concepts/{concept.slug}.md" if concept else None
    if name in rules():
        return f"rules/{name}.md"
    if "." in name and name in field_anchors():
        return field_anchors()[name]
    command = name.removeprefix("bnnc ")
    return (
        f"command-line.md#bnnc-{command}" if name != command and command in help_texts() else None
    )


def _link(shown: str, place: str | None, page: str) -> str:
    if place is None or place.partition("#")[0] == page:
        return shown
    up = "../" * (len(PurePosixPath(page).parts) - 1)
    return f"[{shown}]({up}{place})"
