"""The pages of the concepts are found by all their names, and what they say holds."""

import math
import re
from pathlib import Path
from typing import get_args

import pytest

import bnnc
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.pages import whole
from bnnc.compiler.language.concepts import (
    TOPICS,
    Concept,
    concepts,
    concepts_about,
    find_concept,
    key_of,
)
from bnnc.compiler.language.schema_queries import field_paths, schema_of_field
from bnnc.runtime.evaluation.meanings import MEANINGS
from bnnc.specs.loss import LossType
from bnnc.specs.methods import METHODS
from bnnc.system.wrapping import page
from docs.generator.pages import write_pages
from tests.docs.pages import ROOT, blocks

TERMINAL = 80
LONGEST = 45  # lines on such a terminal
LN_10 = f"{math.log(10):.3f}"
# Words of the field that users meet in specs, tables and messages.
WORDS = """
posterior; prior; ELBO; KL divergence; KL weight; KL warm-up; cold posterior; flipout;
reparameterization; local reparameterization; mean-field; draw; MC dropout; concrete dropout;
Laplace approximation; SNGP; rank-1; batch ensemble; deep ensemble; predictive distribution;
aleatoric uncertainty; epistemic uncertainty; mutual information; entropy; calibration; ECE;
Brier score; NLL; temperature scaling; out-of-distribution; AUROC; signal-to-noise ratio; logits;
one-hot labels; class weights; EMA; scale; standard deviation; initial_scale
"""

every_page = pytest.mark.parametrize("concept", concepts().values(), ids=concepts())


def paragraphs(concept: Concept) -> list[str]:
    return concept.page.split("\n\n")


@every_page
def test_a_page_is_found_by_each_of_its_names(concept: Concept) -> None:
    for name in (concept.slug, *concept.names):
        spellings = {name, name.upper(), name.replace(" ", "-"), name.replace(" ", "_")}
        if re.search(r"[a-rt-xz]$", name):
            spellings |= {f"{spelling}s" for spelling in spellings}
        for spelling in spellings:
            assert find_concept(spelling) is concept, spelling


def test_no_two_pages_have_a_name_in_common() -> None:
    owners: dict[str, str] = {}
    for concept in concepts().values():
        for name in concept.names:
            assert owners.setdefault(key_of(name), concept.slug) == concept.slug, name


@every_page
def test_other_names_differ_from_each_other(concept: Concept) -> None:
    assert len(set(concept.names)) == len(concept.names)


def test_every_word_that_users_meet_has_a_page() -> None:
    for word in WORDS.replace("\n", " ").split(";"):
        assert find_concept(word.strip()), word


@pytest.mark.parametrize("word", [*METHODS, *MEANINGS, "kl", "loss.type"])
def test_every_method_and_every_metric_has_a_page(word: str) -> None:
    words = get_args(LossType) if word == "loss.type" else (word,)
    written = "\n".join(concept.page for concept in concepts().values())
    for one in words:
        assert find_concept(one) or f"`{one}`" in written, one


@every_page
def test_a_page_has_its_parts_in_order(concept: Concept) -> None:
    parts = [
        "# ",
        "## In bnnc\n",
        "## What the numbers mean\n",
        "## What goes wrong\n",
        "See also: ",
        "References: ",
    ]
    places = [concept.page.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert concept.page.endswith((".", "?"))
    assert len(concept.summary) <= 140, concept.summary
    assert concept.topic in TOPICS


@every_page
def test_what_a_page_names_exists(concept: Concept) -> None:
    assert {code for code in concept.codes if code not in rules()} == set()
    for name in concept.see_also:
        if name not in rules():
            found = find_concept(name)
            assert found, name
            assert key_of(found.title) == key_of(name)
            assert found is not concept
    for path in re.findall(r"\b(?:benchmarks|docs|specs)/[\w/-]+\.\w+", concept.page):
        assert (ROOT / path).is_file(), path
    sections = {path.partition(".")[0] for path in field_paths()}
    for path in re.findall(r"`((?:\w+\.)+\w+)`", concept.page):
        if path.partition(".")[0] in sections and not path.startswith("prediction."):
            assert schema_of_field(path), path


@every_page
def test_the_snippets_of_a_page_are_parts_of_a_spec_without_a_finding(
    concept: Concept, tmp_path: Path
) -> None:
    snippets = [block for block in blocks(concept.page + "\n") if block.kind == "yaml"]
    assert snippets
    for number, block in enumerate(snippets):
        spec = tmp_path / f"{number}.yaml"
        spec.write_text(whole(block.text))
        report = bnnc.check(spec)
        assert not [one for one in report.diagnostics if one.severity != "information"], report


@every_page
def test_measured_figures_are_those_of_the_file_that_a_page_names(concept: Concept) -> None:
    """Of at least three decimals, in a paragraph that names a benchmark."""
    for paragraph in paragraphs(concept):
        named = re.findall(r"benchmarks/\w+\.md|docs/methods\.md", paragraph)
        if not any(name.startswith("benchmarks/") for name in named):
            continue
        text = "\n".join((ROOT / name).read_text() for name in named)
        for figure in re.findall(r"\d\.\d{3,}", paragraph):
            assert figure in text or figure == LN_10, f"{figure} is not in {named}"


@every_page
def test_a_page_fits_into_a_terminal(concept: Concept) -> None:
    shown = page(concept.page, TERMINAL).splitlines()
    assert len(shown) <= LONGEST
    assert not [line for line in shown if len(line) > TERMINAL]


def test_a_rule_and_the_concepts_that_name_it_link_to_each_other(tmp_path: Path) -> None:
    target = tmp_path / "docs"
    write_pages(ROOT, target)
    index = (target / "concepts.md").read_text()
    for slug, concept in concepts().items():
        assert f"[{concept.title}](concepts/{slug}.md)" in index
        text = (target / "concepts" / f"{slug}.md").read_text()
        for code in concept.codes:
            assert f"[{code}](../rules/{code}.md)" in text
            assert concept in concepts_about(code)
            assert f"](../concepts/{slug}.md)" in (target / "rules" / f"{code}.md").read_text()
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (target / "concepts" / link).resolve().is_file(), link
    methods = (target / "methods.md").read_text()
    for name in METHODS:
        assert f"| [`{name}`](concepts/" in methods
