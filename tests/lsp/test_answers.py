"""Hover, completion, definitions, hints and fixes, through a client over standard input and output."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lsprotocol import types

import bnnc
from bnnc.compiler import pipeline
from bnnc.compiler.language.schema_queries import field_paths
from bnnc.compiler.text.source import Source
from bnnc.specs.methods import METHODS
from bnnc.specs.sources import SOURCES
from tests.lsp.client import Client, uri

ROOT = Path(__file__).parents[2]
GALLERY = sorted((ROOT / "specs/gallery").glob("*.yaml"))
SPEC = """\
bnnc: 1
name: example
input: {shape: [28, 28, 1], value_range: [0, 255]}
layers:
  - type: conv2d
    filters: 8
    kernel_size: 3
  - {type: max_pooling2d, name: pool}
  - {type: flatten}
  - {type: dense, units: 10, name: head}
bayesian:
  method: flipout
  layers: [head]
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
data: {source: mnist}
"""


def place(text: str, mark: str = "|") -> tuple[str, int, int]:
    """A text without its mark, and the line and column of the mark."""
    before, found, behind = text.partition(mark)
    assert found, text
    line = before.count("\n")
    return before + behind, line, len(before) - (before.rfind("\n") + 1)


@pytest.fixture(scope="module")
def spec(client: Client) -> str:
    address = "file:///nowhere/answers.yaml"
    assert client.open(address, SPEC) == []
    return address


def offered(client: Client, text: str) -> dict[str, types.CompletionItem]:
    written, line, column = place(text)
    address = "file:///nowhere/completed.yaml"
    if address in client.published:
        client.change(address, written)
    else:
        client.open(address, written)
    return client.complete(address, line, column)


# Hover.


def test_a_layer_shows_what_the_plan_says(client: Client, spec: str) -> None:
    node = next(one for one in bnnc.plan(dict_of(SPEC)).nodes if one.name == "head")
    assert node.posterior
    text = client.hover(spec, 9, 12)
    for row in (
        "| input | 1352 |",
        "| output | 10 |",
        f"| parameters | {node.parameters:,} |",
        f"| with a posterior | {node.posterior:,} weights |",
        f"| multiply-adds | {node.multiply_adds:,} a draw |",
        f"| KL at the start | {node.kl:,.0f} nats |",
        "| random at prediction | yes |",
    ):
        assert row in text
    assert f"`{node.keras_class}`" in text


def dict_of(text: str) -> dict[str, object]:
    import yaml

    document: dict[str, object] = yaml.safe_load(text)
    return document


def test_a_key_shows_the_page_of_its_field(client: Client, spec: str) -> None:
    for line, column, field in ((5, 6, "layers.conv2d.filters"), (11, 4, "bayesian.method")):
        schema = field_paths()[field]
        assert str(schema["description"]) in client.hover(spec, line, column)
    assert "Must be a whole number from 1 to 65,536." in client.hover(spec, 5, 6)
    assert "- `temperature`:" in client.hover(*shown(client, "loss: {k|l: {weight: 0.5}}\n"))


def shown(client: Client, section: str) -> tuple[str, int, int]:
    """The address and the place of a mark in a section under the spec."""
    written, line, column = place(SPEC + section)
    address = "file:///nowhere/hovered.yaml"
    client.open(address, written)
    return address, line, column


def test_a_word_shows_its_own_page(client: Client, spec: str) -> None:
    assert client.hover(spec, 11, 12).startswith("# Flipout")
    assert "60,000 rows to train on" in client.hover(spec, 14, 17)


def test_a_text_that_cannot_be_read_has_its_fields_all_the_same(client: Client) -> None:
    text, line, column = place(SPEC.replace("filters: 8", "fil|ters: 8").replace("[head]", "[head"))
    client.open("file:///nowhere/open.yaml", text)
    assert "Number of output channels." in client.hover("file:///nowhere/open.yaml", line, column)


def test_comments_and_empty_lines_show_nothing(client: Client) -> None:
    address, line, column = shown(client, "# no|thing\n\n")
    assert client.hover(address, line, column) == ""
    assert client.hover(address, line + 1, 0) == ""


# Completion.


@pytest.mark.parametrize("method", METHODS)
def test_the_keys_of_a_method_are_those_that_have_an_effect(client: Client, method: str) -> None:
    text = SPEC.replace("method: flipout\n  layers: [head]\n", f"method: {method}\n  |\n")
    wanted = {"layers"} | METHODS[method].fields | METHODS[method].fields_by_place
    assert set(offered(client, text)) == wanted
    assert ("hessian" in wanted) == (method == "laplace")


@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        (SPEC + "training:\n  |\n", ["epochs", "optimizer"], ["units"]),
        (SPEC + "|\n", ["loss", "training", "prediction"], ["layers", "name"]),
        (SPEC + "tra|\n", ["training"], ["name"]),
        (SPEC + "loss:\n  ty|\n", ["type", "kl"], []),
        (SPEC + "loss: {ty|}\n", ["type", "kl"], []),
        (SPEC + "loss: {ty|\n", ["type", "kl"], []),
        (SPEC + "loss: {kl: {|\n", ["weight", "temperature"], ["type"]),
        (SPEC.replace("flipout", "mc_dropout") + "loss:\n  |\n", ["type"], ["kl"]),
        (SPEC.replace("    filters: 8\n", "    |\n"), ["filters", "padding"], ["units", "type"]),
        (SPEC.replace("filters: 8", "fi|"), ["filters"], ["units"]),
        (SPEC.replace("units: 10, ", "|, "), ["units", "activation"], ["filters", "name"]),
        (SPEC.replace("  - {type: flatten}\n", "  - |\n"), ["conv2d", "dense"], []),
        (SPEC.replace("type: flatten", "type: |"), ["conv2d", "dense"], []),
        (SPEC.replace("type: flatten", "|"), ["type"], ["units"]),
        (SPEC.replace("method: flipout", "method: |"), list(METHODS), []),
        (SPEC.replace("method: flipout", "method: fl|"), list(METHODS), []),
        (SPEC.replace("source: mnist", "source: |"), list(SOURCES), []),
        (SPEC.replace("[head]", "[|]"), ["head", "conv2d"], ["pool", "flatten"]),
        (SPEC.replace("[head]", "|"), ["all", "last"], []),
        (SPEC + "training:\n  optimizer: {type: a|\n", ["adam", "adamw"], []),
        (SPEC + "training: {optimizer: |}\n", ["adam", "sgd"], []),
        (SPEC.replace("units: 10", "units: 10, use_bias: |"), ["true", "false"], []),
        (SPEC + "# |\n", [], ["loss"]),
        (SPEC + "description: 'a | b'\n", [], ["loss"]),
    ],
)
def test_completion_offers_what_may_stand_there(
    client: Client, text: str, some: list[str], none: list[str]
) -> None:
    found = offered(client, text)
    assert set(some) <= set(found)
    assert not set(none) & set(found)


def test_what_contradicts_the_output_comes_last_and_says_so(client: Client) -> None:
    found = offered(client, SPEC + "loss: {type: |}\n")
    words = list(found)
    assert words[:2] == ["negative_log_likelihood", "sparse_categorical_crossentropy"]
    assert found["mean_squared_error"].detail == "contradicts the output"


def test_a_key_that_is_needed_comes_first(client: Client) -> None:
    found = offered(client, SPEC.replace("units: 10", "|"))
    first = next(iter(found.values()))
    assert (first.label, first.detail) == ("units", "needed: a whole number from 1 to 65,536")
    assert isinstance(first.text_edit, types.TextEdit)
    assert first.text_edit.new_text == "units: "


def test_a_layer_is_written_with_what_it_needs(client: Client) -> None:
    before = SPEC.replace("  - {type: flatten}\n", "  - |\n  - {type: flatten}\n")
    item = offered(client, before)["conv2d"]
    assert isinstance(item.text_edit, types.TextEdit)
    text = before.replace("|", item.text_edit.new_text)
    assert pipeline.check(Source("a.yaml", text)).ok


def test_a_broken_text_keeps_the_method_of_the_last_one(client: Client) -> None:
    offered(client, SPEC.replace("flipout", "laplace") + "|\n")
    text = SPEC.replace("flipout", "laplace").replace("  layers: [head]\n", "  |\n")
    assert "hessian" in offered(client, text + "loss: {{{\n")
    above = SPEC.replace("[28, 28, 1]", "[28, 28, 1").replace("  layers: [head]\n", "  |\n")
    assert "posterior" in offered(client, above)


def test_json_gets_its_quotes(client: Client) -> None:
    import json

    document = dict_of(SPEC)
    document["loss"] = {"@": 1}
    text = json.dumps(document, indent=2)
    address = "file:///nowhere/spec.json"
    written, line, column = place(text.replace('"@": 1', "|"))
    client.open(address, written, "json")
    item = client.complete(address, line, column)["type"]
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.text_edit.new_text == '"type": '
    written, line, column = place(text.replace('"@": 1', '"t|": 1'))
    client.change(address, written)
    item = client.complete(address, line, column)["type"]
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.text_edit.new_text == "type"


def test_extends_offers_the_files_of_its_folder(client: Client, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC)
    (tmp_path / "data.csv").write_text("a\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "deep.yaml").write_text(SPEC)
    for written, wanted in (("", ["base.yaml", "more/"]), ("more/", ["more/deep.yaml"])):
        text = f"bnnc: 1\nextends: {written}"
        address = uri(tmp_path / "over.yaml")
        client.open(address, text)
        assert list(client.complete(address, 1, 9 + len(written))) == wanted
        client.close(address)


# Definitions and hints.


def test_names_lead_to_layers_and_files(client: Client, spec: str, tmp_path: Path) -> None:
    found = client.define(spec, 12, 13)
    assert found is not None
    assert (found.uri, found.range.start.line, found.range.start.character) == (spec, 9, 29)
    base = tmp_path / "a base.yaml"
    base.write_text(SPEC)
    over = "bnnc: 1\nextends: [a base.yaml]\nname: over\nbayesian: {layers: [head]}\n"
    client.open(uri(tmp_path / "over.yaml"), over)
    found = client.define(uri(tmp_path / "over.yaml"), 1, 14)
    assert found is not None
    assert (found.uri, found.range.start.line) == (uri(base), 0)
    found = client.define(uri(tmp_path / "over.yaml"), 3, 22)
    assert found is not None
    assert (found.uri, found.range.start.line) == (uri(base), 9)
    assert client.define(spec, 1, 8) is None
    client.close(uri(tmp_path / "over.yaml"))


def test_an_alias_leads_to_its_anchor(client: Client) -> None:
    text = "x-layer: &small {type: dense, units: 10}\n" + SPEC.replace("{type: flatten}", "*small")
    client.open("file:///nowhere/alias.yaml", text)
    found = client.define("file:///nowhere/alias.yaml", 9, 6)
    assert found is not None
    assert (found.range.start.line, found.range.start.character) == (0, 9)


def test_layers_have_the_shapes_of_the_plan_beside_them(client: Client, spec: str) -> None:
    assert client.hints(spec) == {4: "→ 26×26×8", 7: "→ 13×13×8", 8: "→ 1352", 9: "→ 10"}
    assert client.hints(spec, 5) == {4: "→ 26×26×8"}


def test_shapes_are_there_in_spite_of_errors_elsewhere(client: Client) -> None:
    text = SPEC.replace("source: mnist", "source: mnist, splitt: 1")
    assert client.open("file:///nowhere/wrong.yaml", text)
    assert client.hints("file:///nowhere/wrong.yaml")[9] == "→ 10"


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_every_layer_of_the_gallery_has_its_hint_and_its_hover(client: Client, path: Path) -> None:
    text = path.read_text()
    client.open(uri(path), text)
    hints = client.hints(uri(path))
    shapes = {"×".join(map(str, one.output_shape)) for one in bnnc.plan(path).nodes}
    assert hints
    assert {one.removeprefix("→ ") for one in hints.values()} <= shapes
    for line in hints:
        written = text.split("\n")[line]
        column = written.index("type" if "type" in written else "*") + 1
        assert "| parameters |" in client.hover(uri(path), line, column)
    client.close(uri(path))


def test_a_script_has_hints_and_hover_too(client: Client) -> None:
    text = (ROOT / "tests/scripts/corpus/right-bias-posterior.py").read_text()
    client.open("file:///nowhere/script.py", text, "python")
    hints = client.hints("file:///nowhere/script.py")
    assert hints
    line = min(hints)
    column = len(text.split("\n")[line].rstrip(",")) - 2
    assert "| parameters |" in client.hover("file:///nowhere/script.py", line, column)


# Fixes.


def edited(text: str, action: types.CodeAction) -> str:
    """A text in ASCII after the edits of an action."""
    assert action.edit is not None
    assert action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for one in reversed(change.edits):
        assert isinstance(one, types.TextEdit)
        start = starts[one.range.start.line] + one.range.start.character
        end = starts[one.range.end.line] + one.range.end.character
        text = text[:start] + one.new_text + text[end:]
    return text


def test_a_fix_is_an_action_of_its_finding(client: Client) -> None:
    text = SPEC.replace("method: flipout\n", "method: flipout\n  hessian: full\n")
    (found, *_) = client.open("file:///nowhere/fix.yaml", text)
    (action, *_) = client.actions("file:///nowhere/fix.yaml", found.range)
    assert action.kind == types.CodeActionKind.QuickFix
    assert action.is_preferred
    assert [one.code for one in action.diagnostics or ()] == [found.code]
    assert edited(text, action) == SPEC
    elsewhere = types.Range(types.Position(0, 0), types.Position(0, 1))
    assert client.actions("file:///nowhere/fix.yaml", elsewhere) == []


def test_a_fix_that_changes_the_model_says_so_and_is_not_preferred(client: Client) -> None:
    text = SPEC.replace("units: 10, name", "units: 10, activation: softmax, name")
    (found, *_) = client.open("file:///nowhere/fix.yaml", text)
    (action, *_) = client.actions("file:///nowhere/fix.yaml", found.range)
    assert action.title == "BNN301: delete `activation: softmax` (changes the model)"
    assert not action.is_preferred
    assert edited(text, action) == SPEC


def test_a_warning_can_be_ignored_in_its_line(client: Client) -> None:
    text = SPEC + "prediction: {samples: 1}\n"
    (found,) = client.open("file:///nowhere/ignored.yaml", text)
    actions = client.actions("file:///nowhere/ignored.yaml", found.range)
    ignoring = next(one for one in actions if one.title.endswith("ignore it in this line"))
    assert client.change("file:///nowhere/ignored.yaml", edited(text, ignoring)) == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_all_safe_fixes_are_those_of_check_fix(client: Client, ending: str) -> None:
    text = SPEC.replace("method: flipout\n", "method: flipout\n  hessian: full\n")
    text = text.replace("name: example", "name: example  # bnnc: ignore[BNN418]")
    text = text.replace("\n", ending)
    client.open("file:///nowhere/all.yaml", text)
    whole = types.Range(types.Position(0, 0), types.Position(99, 0))
    kinds: list[types.CodeActionKind | str] = [types.CodeActionKind.SourceFixAll]
    (action,) = client.actions("file:///nowhere/all.yaml", whole, kinds)
    assert action.kind == "source.fixAll.bnnc"
    wanted = pipeline.fix(pipeline.check(Source("all.yaml", text)), unsafe=False)
    assert len(wanted.applied) == 2
    assert edited(text, action) == wanted.source.text
    client.change("file:///nowhere/all.yaml", SPEC)
    assert client.actions("file:///nowhere/all.yaml", whole, kinds) == []


# Bad input.


def test_random_edits_never_end_the_server(client: Client) -> None:
    chance = random.Random(0)
    pieces = ["{", "}", "[", "]", ":", "- ", "\n", "  ", "'", '"', "#", "&a ", "*a", "!x ", "\t"]
    pieces += ["🎲", "\x00", "\u2028", "\r", "bnnc: 2", "extends: x.yaml\n", "|\n", "%TAG x\n"]
    texts = [path.read_text() for path in GALLERY[:8]]
    address = "file:///nowhere/random.yaml"
    client.open(address, texts[0])
    for number in range(120):
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(pieces) + text[at + chance.choice((0, 0, 1, 9)) :]
        client.change(address, text, wait=number % 3 == 0)
        line = chance.randrange(text.count("\n") + 2)
        column = chance.randrange(60)
        client.complete(address, line, column)
        client.hover(address, line, column)
        client.define(address, line, column)
        client.hints(address)
        within = types.Range(types.Position(line, 0), types.Position(line + 3, 0))
        client.actions(address, within)
    assert client.change(address, SPEC) == []


def test_an_unfinished_spec_is_completed_at_every_character(client: Client) -> None:
    address = "file:///nowhere/growing.yaml"
    client.open(address, "bnnc: 1\n")
    for end in range(9, len(SPEC), 7):
        text = SPEC[:end]
        client.change(address, text, wait=False)
        client.complete(address, text.count("\n"), end - (text.rfind("\n") + 1))
    assert client.change(address, SPEC) == []
