"""Pages about the words of Bayesian deep learning, one Markdown file each.

A folder is a topic. The first line of a page is its title; a line `Other names: ...` lists further
names by which it is found; the line `See also: ...` names other pages, then codes of rules. Every
file is found by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TOPICS = {
    "inference": "Prior, posterior and objective",
    "methods": "Methods",
    "predictions": "Predictions and their uncertainty",
    "metrics": "Metrics",
    "training": "Labels and training",
}
"""The title of each folder, in the order in which they are listed."""

_OTHER_NAMES = re.compile(r"^Other names: (.+)\.$", re.MULTILINE)
_SEE_ALSO = re.compile(r"^See also: (.+)\.$", re.MULTILINE)
_CODE = re.compile(r"\bBNN\d{3}\b")
# A full stop that ends no abbreviation.
_SENTENCE_END = re.compile(r"(?<!et al)(?<!i\.e)(?<!e\.g)\.(?=\s)")


@dataclass(frozen=True, slots=True)
class Concept:
    """A page about one word.

    Args:
        slug: its file's name, as in `kl_weight`.
        topic: its folder, one of `TOPICS`.
        page: its text in Markdown.
    """

    slug: str
    topic: str
    page: str

    @property
    def title(self) -> str:
        """The word itself."""
        return self.page.partition("\n")[0].removeprefix("# ")

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which it is found, its title first."""
        others = _OTHER_NAMES.search(self.page)
        return (self.title, *(others[1].split(", ") if others else ()))

    @property
    def summary(self) -> str:
        """The first sentence, without its full stop."""
        text = _OTHER_NAMES.sub("", self.page.partition("\n")[2]).strip()
        return _SENTENCE_END.split(text, maxsplit=1)[0]

    @property
    def see_also(self) -> tuple[str, ...]:
        """Titles of other pages and codes of rules, as its last lines list them."""
        found = _SEE_ALSO.search(self.page)
        return tuple(found[1].split(", ")) if found else ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The rules that the page names, in its order."""
        return tuple(dict.fromkeys(_CODE.findall(self.page)))


@cache
def concepts() -> Mapping[str, Concept]:
    """Every page by its slug, topic by topic."""
    found = {}
    for topic in TOPICS:
        folder = files(__name__) / topic
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            slug = file.name.removesuffix(".md")
            found[slug] = Concept(slug, topic, file.read_text(encoding="utf-8").strip())
    return found


def find_concept(name: str) -> Concept | None:
    """The page with this name; case, hyphens, spaces and plurals do not matter."""
    return _by_key().get(key_of(name))


def concepts_about(code: str) -> tuple[Concept, ...]:
    """The pages that name a rule."""
    return tuple(one for one in concepts().values() if code in one.codes)


def key_of(name: str) -> str:
    """A name as it is compared: its letters and digits in lower case, each word in the singular.

    >>> key_of("Cold-Posteriors") == key_of("COLD_POSTERIOR") == key_of("cold posterior")
    True
    """
    return "".join(map(_singular, re.findall(r"[^\W_]+", name.lower())))


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


@cache
def _by_key() -> Mapping[str, Concept]:
    return {key_of(name): one for one in concepts().values() for name in one.names}
