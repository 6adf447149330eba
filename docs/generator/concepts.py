"""The pages of the concepts, and the index of all of them by topic."""

from __future__ import annotations

import re

from bnnc.compiler.language.concepts import TOPICS, Concept, concepts, find_concept

# Files of the repository, and where the site has them, seen from the folder of the concepts.
_FILES = (
    (re.compile(r"\bbenchmarks/(\w+\.md)"), r"[benchmarks/\1](../benchmarks/\1)"),
    (re.compile(r"\bdocs/(\w+\.md)"), r"[docs/\1](../\1)"),
    (re.compile(r"\bspecs/(gallery/[\w-]+\.yaml)"), r"[specs/\1](../\1)"),
)


def concept_pages() -> dict[str, str]:
    """The page of every concept in Markdown, by its slug."""
    return {slug: _page(one) for slug, one in concepts().items()}


def concepts_table() -> str:
    """All concepts by topic, each with its other names and its first sentence."""
    lines: list[str] = []
    for topic, title in TOPICS.items():
        lines += [f"## {title}", "", "| word | meaning |", "|---|---|"]
        lines += [
            f"| [{one.title}](concepts/{one.slug}.md) | {_cell(one.summary)}. |"
            for one in concepts().values()
            if one.topic == topic
        ]
        lines.append("")
    return "\n".join(lines)


def concept_link(concept: Concept, up: str = "") -> str:
    """A link to a concept from a page that is `up` from the root of the site."""
    return f"[{concept.title}]({up}concepts/{concept.slug}.md)"


def _page(concept: Concept) -> str:
    """The page, with links to the files and the other concepts that it names."""
    text = concept.page
    for named, link in _FILES:
        text = named.sub(link, text)
    shown = ", ".join(map(_linked, concept.see_also))
    return text.replace(f"See also: {', '.join(concept.see_also)}.", f"See also: {shown}.") + "\n"


def _linked(name: str) -> str:
    concept = find_concept(name)
    return f"[{name}]({concept.slug}.md)" if concept else name


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
