"""The pages of rules, whose examples are written as differences from one base spec.

An example on a page is a whole spec. In the rule's docstring it has only the sections that matter:
a YAML block without the key `bnnc` is laid over `BASE`, section by section, and the other sections
are filled in. What is filled in has no comments, and stands where `BASE` has it. An example in
Python that imports nothing begins with `SCRIPT`.
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

OF_RUNS = (
    BASE.replace("shape: [28, 28, 1]", "shape: [8, 8, 1], value_range: [0, 16]")
    + "data: {source: digits}\n"
)
"""What examples of trained runs are laid over: the input is that of digits."""

SCRIPT = """\
import tf_keras as keras
import tensorflow_probability as tfp

tfd = tfp.distributions
(images, labels), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000
"""
"""What examples that are scripts begin with, where they import nothing."""

_BLOCK = re.compile(r"^```(yaml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r"^(?:import|from) ", re.MULTILINE)
_KEY = re.compile(r"([A-Za-z][\w-]*):")
_FILE = re.compile(r"# [\w./-]+\.(?:yaml|json)\n")


def page_of(docstring: str, base: str = BASE) -> str:
    """The page of a rule's docstring, with whole examples."""

    def filled(found: re.Match[str]) -> str:
        kind, text = found.groups()
        if kind == "yaml":
            return f"```yaml\n{whole(text, base)}```"
        return f"```python\n{text if _IMPORT.search(text) else SCRIPT + text}```"

    return _BLOCK.sub(filled, inspect.cleandoc(docstring))


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
