"""Comments are found where YAML has them, and nowhere else."""

import pytest
import yaml

from bnnc.compiler.reading import comments as module
from bnnc.compiler.reading.comments import comments
from bnnc.compiler.reading.detect import is_spec
from bnnc.compiler.text.source import Source

TEXT = """\
# first
a: &anchor # of an anchor
  'single # no' # behind single quotes
"b # no": "escaped \\" # no
  # no, still in the quotes"# at the quote
c: | # of a block
  text # no

  # no
# below a block
d: >-
  folded # no
e: [1, # in brackets
  2]# at a bracket
f: word#no # behind a word
g: *anchor # of an alias
h: # before a value
  plain text
  going on#no
# last, without a line end"""

EXPECTED = [
    "# first",
    "# of an anchor",
    "# behind single quotes",
    "# at the quote",
    "# of a block",
    "# below a block",
    "# in brackets",
    "# at a bracket",
    "# behind a word",
    "# of an alias",
    "# before a value",
    "# last, without a line end",
]


def found(text: str) -> list[str]:
    return [span.text for span in comments(Source("a.yaml", text))]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("loader", ["CBaseLoader", "BaseLoader"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_number_sign_in_a_value_is_no_comment(
    loader: str, line_end: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVENT_LOADER", getattr(yaml, loader))
    assert found(mark + TEXT.replace("\n", line_end)) == EXPECTED


def test_json_has_no_comments() -> None:
    assert found('{"a # no": "b # no",\n\t"c": ["# no"]}') == []


def test_characters_that_libyaml_misreads_do_not_move_a_comment() -> None:
    assert found('a: "\u2028 # no \\ud83d\\ude00" # yes\u2029 still\n') == ["# yes\u2029 still"]


def test_a_text_that_breaks_off_has_the_comments_before_that_place() -> None:
    assert found("a: 1 # yes\nb: 'never closed # no\n") == ["# yes"]


@pytest.mark.parametrize(
    "text",
    [
        "bnnc: 1\nname: x\n",
        "name: x\n'bnnc': 1\n",
        '{"name": {"a": [1, {"b": 2}]}, "bnnc": 1}',
        "\ufeff# a comment\nx-a: &a [1]\nname: *a\nbnnc: 1\n",
        "bnnc: 1\nlayers: [\n",
        "name: [\nbnnc: 1\n",
        "name:\n\t- a\nbnnc: 1\n",
        "%TAG ! tag:x,2000:\n---\nbnnc: 1\n",
        "bnnc:\n",
    ],
)
def test_a_mapping_with_the_key_is_a_spec_also_where_it_has_errors(text: str) -> None:
    assert is_spec(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name: bnnc\n",
        "bnnc",
        "- bnnc: 1\n",
        "versions: {bnnc: 1}\n",
        '{"versions": {"bnnc": "0.1.0"}}',
        '["bnnc", {"bnnc": 1}]',
        "a: [x, bnnc, 1]\n",
        "a: |\n  bnnc: 1\n",
        "? [bnnc]\n: 1\n",
        "a: 1\n---\nbnnc: 1\n",
        "a: [\n  bnnc: 1\n",
        "on: push\njobs: {check: {steps: [{run: 'bnnc check specs'}]}}\n",
    ],
)
def test_other_files_are_no_specs(text: str) -> None:
    assert not is_spec(text)
