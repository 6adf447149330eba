"""The generated pages hold every rule, field and command, and link to them from the others."""

import json
import re
from pathlib import Path

import pytest

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.language.schema_queries import field_paths
from bnnc.specs.schema import FILE_NAME, schema_text
from bnnc.version import SITE
from docs.generator.commands import help_texts
from docs.generator.language import field_anchors, language_pages
from docs.generator.pages import linked, write_pages
from docs.generator.self_contained import foreign_requests
from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pages") / "docs"
    write_pages(ROOT, target)
    return target


def test_every_rule_has_a_page_and_a_row_of_the_index(site: Path) -> None:
    index = (site / "rules.md").read_text()
    for code, rule in rules().items():
        assert (site / "rules" / f"{code}.md").read_text().startswith(f"# {code}: {rule.name}\n")
        assert f"[{code}](rules/{code}.md) | {rule.severity} |" in index


def test_the_site_has_the_schema_where_its_identifier_says(site: Path) -> None:
    assert (site / FILE_NAME).read_text() == schema_text()
    identifier = json.loads(schema_text())["$id"]
    assert identifier.startswith("urn:") or identifier == f"{SITE}{FILE_NAME}"


def test_pages_show_the_message_of_their_example_where_one_file_is_enough(site: Path) -> None:
    shown = 0
    codes = []
    for code, rule in rules().items():
        if rule.kind == "symptom":
            continue
        text = (site / "rules" / f"{code}.md").read_text()
        example = text.partition("## Example\n")[2].partition("## Use instead")[0]
        codes.append(code)
        shown += f"[{code}]: " in example.partition("## Message\n```text\n")[2]
    # The others need several files, settings, data, or more text than a page has.
    assert shown > 0.9 * len(codes)


def test_every_field_has_a_heading_or_a_row_on_its_page() -> None:
    assert field_anchors().keys() >= field_paths().keys()
    for path, place in field_anchors().items():
        page, _, anchor = place.partition("#")
        if page == "language.md":
            continue
        text = language_pages()[page.removeprefix("language/").removesuffix(".md")].text
        assert anchor == path.partition(".")[0] or f"{{#{anchor}}}" in text
        word = path.rpartition(".")[2]
        assert re.search(rf"`{re.escape(word)}`|#+ .*\b{re.escape(word)}\b", text), path


def test_the_help_of_every_command_is_shown_as_it_is_printed(site: Path) -> None:
    page = (site / "command-line.md").read_text()
    for name, text in help_texts().items():
        assert text.startswith(f"Usage: bnnc {name} ")
        assert f"## bnnc {name}\n\n```text\n{text}\n```" in page


def test_names_in_a_page_become_links_outside_of_code_and_links() -> None:
    def of(text: str) -> str:
        return linked(text, "index.md")

    assert of("See BNN301.") == "See [BNN301](rules/BNN301.md)."
    assert of("`loss.kl`") == "[`loss.kl`](language/loss.md#loss.kl)"
    assert of("`bnnc check`") == "[`bnnc check`](command-line.md#bnnc-check)"
    assert linked("BNN302", "rules/BNN301.md") == "[BNN302](../rules/BNN302.md)"
    for kept in ("`bnnc explain BNN301`", "[BNN301](x.md)", "```sh\nBNN301\n```", "# BNN301"):
        assert of(kept) == kept
    assert linked("BNN301", "rules/BNN301.md") == "BNN301"


def test_what_a_site_would_load_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<script src="https://cdn.example/x.js"></script><a href="https://example.org">x</a>'
        '<link rel="canonical" href="https://example.org/"><img src="images/x.svg">'
    )
    assert foreign_requests(tmp_path) == ["index.html: https://cdn.example/x.js"]
