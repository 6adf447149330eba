"""The examples on the rules' pages, run as the person who reads them would run them.

A block of YAML is a spec, `example.yaml`; one that begins with a comment such as `# base.yaml` is
that file, and stands beside the spec above it; `search.yaml` is a search over it. A block of shell gives the `--set` options of the
spec above it. A block of Python writes the data that the spec above it names; of a finding about
scripts (BNN7xx) it is the script. A block of JSON is a notebook.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path

from bnnc.compiler.analysis.data_facts import Looking
from bnnc.compiler.diagnostics.catalog import Rule
from bnnc.compiler.pipeline import check
from bnnc.compiler.report import Report
from bnnc.compiler.searching.check import check_search
from bnnc.compiler.text.source import Source

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SEARCH = "search.yaml"
_NAME = re.compile(r"# ([\w./-]+\.(?:yaml|json))\n")


@dataclass
class Example:
    """A spec, what stands beside it, the settings over it, and the script that writes its data."""

    text: str
    files: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    script: str = ""
    code: str = ""
    data: bool = False
    kind: str = "py"

    def check(self, folder: Path, *, as_dict: bool = False) -> Report:
        """What is found, in a folder that the process is in."""
        assert Path.cwd() == folder
        if self.code.startswith("BNN7"):
            return check(Source(f"example.{self.kind}", self.text, ""))
        for name, text in {"example.yaml": self.text, **self.files}.items():
            (folder / name).write_text(text, encoding="utf-8")
        exec(self.script, {})  # noqa: S102 - our own page, run as its reader would run it
        source = Source("<dict>", self.text) if as_dict else Source("example.yaml", self.text, "")
        if SEARCH in self.files:
            search = Source(SEARCH, self.files[SEARCH], "")
            checked = check_search(check(source), search)
            return replace(
                checked.base,
                diagnostics=checked.diagnostics,
                spec=checked.base.spec if checked.ok else None,
            )
        settings = [
            Source(f"<--set #{number}>", text) for number, text in enumerate(self.settings, 1)
        ]
        report = check(source, settings=settings, data=Looking() if self.data else None)
        # A page may speak of data that nobody has: that it is not there is another page's matter.
        shown = [one for one in report.diagnostics if one.code != "BNN260" or self.code == "BNN260"]
        return replace(report, diagnostics=tuple(shown))


def page(rule: Rule) -> str:
    return rule.page.strip()


def section(rule: Rule, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page(rule), re.MULTILINE | re.DOTALL)
    assert found, f"{rule.code} has no section {title}"
    return found[1].strip()


def examples(rule: Rule, title: str) -> list[Example]:
    found: list[Example] = []
    for language, text in _BLOCK.findall(section(rule, title)):
        named = _NAME.match(text)
        if language == "json":
            found.append(Example(text, code=rule.code, kind="ipynb"))
        elif language == "sh":
            words = shlex.split(text)
            assert words[:3] == ["bnnc", "check", "example.yaml"], text
            assert set(words[3::2]) == {"--set"}, text
            found[-1].settings += words[4::2]
        elif language == "python" and rule.code.startswith("BNN7"):
            found.append(Example(text, code=rule.code))
        elif language == "python":
            found[-1].script = text
        elif named:
            found[-1].files[named[1]] = text
        else:
            assert language == "yaml", language
            found.append(Example(text, code=rule.code, data="survey" in rule.needs))
    return found
