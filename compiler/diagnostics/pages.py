"""The pages of rules, whose examples are written as differences from one base spec.

An example on a page is a whole spec. In the rule's docstring it has only the sections that matter:
a YAML block without the key `bnnc` is laid over `BASE`, section by section, and the other sections
are filled in. What is filled in has no comments, and stands where `BASE` has it.
"""

from __future__ import annotations

import inspect
import re

BASE = """\
bnnc: 1
name: example
input: {shape: [28, 28, 1]}
layers:
  - {type: flatten}
  - {type: dense, units: 84, activation: relu}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
"""

OF_RUNS = BASE.replace("shape: [28, 28, 1]", "shape: [8, 8, 1], value_range: [0, 16]")
"""What examples of trained runs are laid over: the input is that of digits."""

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"([A-Za-z][\w-]*):")
_FILE = re.compile(r"# [\w./-]+\.(?:yaml|json)\n")


def page_of(docstring: str, base: str = BASE) -> str:
    """The page of a rule's docstring, with whole examples."""
    page = inspect.cleandoc(docstring)
    return _BLOCK.sub(lambda found: f"```yaml\n{whole(found[1], base)}```", page)


def whole(example: str, base: str = BASE) -> str:
    """An example as a whole spec: its sections, and those of `base` that it does not have.

    A text that has the key `bnnc` or extends a file, or that is such a file, is left as it is.
    """
    own = sections(example)
    if not own or "bnnc" in own or "extends" in own or _FILE.match(example):
        return example
    return "".join((sections(base) | own).values())


def sections(text: str) -> dict[str, str]:
    """The lines of each key at the top of a text, by key; none if it begins otherwise."""
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines(keepends=True):
        begun = _KEY.match(line)
        if begun:
            key = begun[1]
        if not key or (begun and key in found):
            return {}
        found[key] = found.get(key, "") + line
    return found
