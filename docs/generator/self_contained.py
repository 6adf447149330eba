"""What a built site would load from another host: it must work without a network."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

# The attribute that makes a browser load something, by tag. A link to follow (`a`) loads nothing.
_LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "object": "data",
}
# Of `link`, what only says where a page is known to be.
_NOT_LOADED = frozenset({"canonical", "next", "prev", "alternate"})


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag loads from elsewhere."""
        values = dict(attrs)
        address = values.get(_LOADED.get(tag, "")) or ""
        if values.get("rel") not in _NOT_LOADED and address.startswith(("http:", "https:", "//")):
            self.foreign.append(address)


def foreign_requests(site: Path) -> list[str]:
    """The addresses on other hosts that pages of a site load, each with the page."""
    found = []
    for page in sorted(site.rglob("*.html")):
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        found += [f"{page.relative_to(site)}: {address}" for address in loads.foreign]
    return found
