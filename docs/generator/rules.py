"""The pages of the rules, from their docstrings, and the index of all of them."""

from __future__ import annotations

import re

from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.language.concepts import concepts_about
from bnnc.compiler.pipeline import check
from bnnc.compiler.searching.check import check_search
from bnnc.compiler.text.source import Source
from docs.generator.concepts import concept_link

_SEARCH = "search.yaml"
_INSTEAD = "## Use instead\n"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ENDINGS = {"python": "py", "json": "ipynb"}
# By the first digit of the code.
_FAMILIES = {
    "0": "Reading the file",
    "1": "Keys and values",
    "2": "Layers, shapes and data",
    "3": "Output, labels and loss",
    "4": "The Bayesian part",
    "5": "Models that will not learn",
    "6": "Training and comments",
    "7": "Keras and TFP scripts",
    "8": "Trained runs",
}


def rule_pages() -> dict[str, str]:
    """The page of every rule in Markdown, by code."""
    return {code: _page(rule) for code, rule in rules().items()}


def rules_table() -> str:
    """All rules by family, each with its severity and the first line of its page."""
    lines: list[str] = []
    for digit, title in _FAMILIES.items():
        family = [rule for rule in rules().values() if rule.code[3] == digit]
        lines += [f"## {title}", "", "| code | severity | what is wrong |", "|---|---|---|"]
        lines += [
            f"| [{one.code}](rules/{one.code}.md) | {one.severity} | {_cell(_title(one))} |"
            for one in family
        ]
        lines.append("")
    return "\n".join(lines)


def _page(rule: Rule) -> str:
    """The page, with the real message for its example and how it can be fixed."""
    title, _, rest = rule.page.partition("\n")
    found = _finding(rule)
    if found is not None:
        message = f"## Message\n```text\n{render([found])}\n```\n\n"
        rest = rest.replace(_INSTEAD, message + _INSTEAD, 1)
    lead = f"**{rule.severity.capitalize()}.** {_fix(found)}".strip()
    words = ", ".join(concept_link(one, "../") for one in concepts_about(rule.code))
    concerned = f"\n\nSee also: {words}." if words else ""
    return f"# {rule.code}: {rule.name}\n\n{title}\n\n{lead}\n{rest.rstrip()}{concerned}\n"


def _finding(rule: Rule) -> Diagnostic | None:
    """What a check of the example reports.

    None for examples of several files but a search file, settings, data or trained runs.
    """
    section = rule.page.partition("## Example\n")[2].partition(_INSTEAD)[0]
    blocks = _BLOCK.findall(section)
    if len(blocks) == 2 and blocks[1][1].startswith(f"# {_SEARCH}\n"):
        (_, text), (_, search) = blocks
        checked = check_search(check(Source("example.yaml", text)), Source(_SEARCH, search))
        return next((one for one in checked.diagnostics if one.code == rule.code), None)
    if len(blocks) != 1:
        return None
    ((language, text),) = blocks
    report = check(Source(f"example.{_ENDINGS.get(language, 'yaml')}", text))
    return next((one for one in report.diagnostics if one.code == rule.code), None)


def _fix(found: Diagnostic | None) -> str:
    if found is None or not found.fixes:
        return ""
    if any(fix.safe for fix in found.fixes):
        return "`bnnc check --fix` fixes it."
    return "`bnnc check --unsafe-fixes` fixes it, which changes the model."


def _title(rule: Rule) -> str:
    return rule.docstring.strip().partition("\n")[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
