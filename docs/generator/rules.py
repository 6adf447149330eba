"""The pages of the rules, from their docstrings, and the index of all of them."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Rule, rules

# By the first digit of the code.
_FAMILIES = {
    "0": "Reading the file",
    "1": "Keys and values",
    "2": "Layers, shapes and data",
    "3": "Output, labels and loss",
    "4": "The Bayesian part",
    "5": "Models that will not learn",
    "6": "Training and comments",
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
    title, _, rest = rule.page.partition("\n")
    return f"# {rule.code}: {rule.name}\n\n**{rule.severity.capitalize()}.** {title}\n{rest}\n"


def _title(rule: Rule) -> str:
    return rule.docstring.strip().partition("\n")[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
