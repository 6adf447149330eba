"""What an editor shows is what `bnnc check` prints, at the same characters."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lsprotocol import types

from bnnc.cli.app import run
from bnnc.version import VERSION
from tests.lsp.client import SERVER, Client, uri

ROOT = Path(__file__).parents[2]
GALLERY = sorted((ROOT / "specs/gallery").glob("*.yaml"))
CORPUS = sorted((ROOT / "tests/corpus").glob("*.yaml"))[::6]
SCRIPTS = sorted((ROOT / "tests/scripts/corpus").glob("*.py"))[::9]
SPEC = """\
bnnc: 1
name: example
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: flatten}
  - {type: dense, units: 84, activation: relu}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
data: {source: digits}
"""
SEVERITIES = {"error": 1, "warning": 2, "information": 3}


def printed(*names: str) -> dict[str, Any]:
    """What `bnnc check --output-format json` prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run(["check", "--output-format", "json", *names])
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def in_utf16(text: str, span: dict[str, Any]) -> tuple[int, int, int, int]:
    """A span of the JSON form as lines and UTF-16 units, counted anew from its offsets."""

    def units(end: dict[str, int]) -> int:
        line = text[end["offset"] - end["column"] + 1 : end["offset"]]
        return len(line.encode("utf-16-le", "surrogatepass")) // 2

    start, end = span["start"], span["end"]
    return start["line"] - 1, units(start), end["line"] - 1, units(end)


def flat(within: types.Range) -> tuple[int, int, int, int]:
    return within.start.line, within.start.character, within.end.line, within.end.character


def read_text(path: Path) -> str | None:
    """The text as an editor has it; None of a file that is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def cases() -> Iterator[Path]:
    yield from (one for one in (*GALLERY, *CORPUS, *SCRIPTS) if read_text(one) is not None)


@pytest.fixture(scope="module")
def expected() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {str(path): [] for path in cases()}
    for one in printed(*found)["diagnostics"]:
        found[one["file"]].append(one)
    return found


@pytest.mark.parametrize("path", list(cases()), ids=lambda path: path.name)
def test_an_editor_shows_what_check_prints(
    client: Client, expected: dict[str, list[dict[str, Any]]], path: Path
) -> None:
    text = read_text(path)
    assert text is not None
    language = "python" if path.suffix == ".py" else "yaml"
    found = client.open(uri(path), text, language)
    client.close(uri(path))
    wanted = expected[str(path)]
    if path.suffix == ".py":  # that there is nothing to check is no mistake in an editor
        wanted = [] if any(one["code"] in {"BNN702", "BNN705"} for one in wanted) else wanted
    assert [
        (one.code, one.severity, one.message.split("\n")[0], flat(one.range)) for one in found
    ] == [
        (
            one["code"],
            SEVERITIES[one["severity"]],
            one["message"],
            in_utf16(text, one["span"]),
        )
        for one in wanted
    ]
    related = [
        [(label.message, flat(label.location.range)) for label in one.related_information or ()]
        for one in found
    ]
    assert related == [
        [(label["label"], in_utf16(text, label["span"])) for label in one["related"]]
        for one in wanted
    ]


def test_the_code_leads_to_the_page_of_its_rule(client: Client) -> None:
    (found,) = client.open("file:///nowhere/a.yaml", SPEC.replace("units: 10", "units: 11"))
    assert found.code == "BNN204"
    assert found.code_description is not None
    page = Path(unquote(urlsplit(found.code_description.href).path)).read_text()
    assert page.startswith("# BNN204: last-layer-has-wrong-width (error)\n")
    assert "## Use instead" in page


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_characters_are_counted_in_utf_16_whatever_ends_a_line(client: Client, ending: str) -> None:
    text = SPEC.replace("name: example", 'name: example  # 𝔅ayes 🎲\nx-note: ["🎲🎲", {y: 1}]')
    text = text.replace("- {type: flatten}", '- {name: "a", type: flatten}   # 🎲').replace(
        "units: 84, activation", 'name: "🎲", units: 84, activation'
    )
    (found,) = client.open("file:///nowhere/dice.yaml", text.replace("\n", ending))
    line = next(one for one in text.split("\n") if '"🎲", units' in one)
    assert found.code == "BNN108"
    before = line[: line.index('"🎲"')]
    assert flat(found.range) == (6, len(before), 6, len(before) + 4)  # a die is two units


@pytest.mark.parametrize(
    ("encoding", "units"),
    [(types.PositionEncodingKind.Utf8, 6), (types.PositionEncodingKind.Utf32, 3)],
)
def test_a_client_may_count_in_another_encoding(
    encoding: types.PositionEncodingKind, units: int
) -> None:
    one = Client([encoding])
    assert one.initialized.capabilities.position_encoding == encoding
    text = SPEC.replace("{type: flatten}", '{name: "🎲", type: flatten}')
    (found,) = one.open("file:///nowhere/dice.yaml", text)
    assert flat(found.range) == (4, 11, 4, 11 + units)
    assert one.stop() == 0


def test_findings_follow_the_text_and_go_when_it_is_closed(client: Client) -> None:
    address = "file:///nowhere/b.yaml"
    assert client.open(address, SPEC) == []
    (found,) = client.change(address, SPEC.replace("units: 84", "unit: 84"))
    assert found.code == "BNN102"
    assert client.change(address, SPEC) == []
    client.change(address, SPEC.replace("bnnc: 1", "bnnc: 2"))
    client.close(address)
    client.wait(lambda: not client.published[address].diagnostics)


def test_typing_queues_no_checks(client: Client) -> None:
    address = "file:///nowhere/typed.yaml"
    client.open(address, SPEC)
    before = client.counts[address]
    for number in range(200):
        client.change(address, SPEC.replace("example", f"example-{number}"), wait=False)
    client.change(address, SPEC.replace("bnnc: 1", "bnnc: 2"))
    # Each check that has begun is published at most once, and only if its text is still the last.
    assert client.counts[address] - before < 20


def test_what_is_no_spec_has_no_findings(client: Client) -> None:
    assert client.open("file:///nowhere/compose.yaml", "services:\n  web: {image: a}\n") == []
    assert client.open("file:///nowhere/plain.py", "import os\nx = [\n", "python") == []
    assert client.open("file:///nowhere/notes.md", "bnnc: 1\n", "markdown") == []
    found = client.open("file:///nowhere/new.bnnc.yaml", "")
    assert [one.code for one in found] == ["BNN013"]
    found = client.open("untitled:Untitled-1", "bnnc: 1\n")
    assert "BNN103" in [one.code for one in found]


def test_a_base_that_is_open_counts_as_it_is_in_the_editor(client: Client, tmp_path: Path) -> None:
    base, over = tmp_path / "base.yaml", tmp_path / "over.yaml"
    base.write_text(SPEC)
    text = "bnnc: 1\nextends: base.yaml\nname: over\n"
    over.write_text(text)
    assert client.open(uri(over), text) == []
    client.open(uri(base), SPEC)
    version = client.version
    client.change(uri(base), SPEC.replace("units: 10", "units: 11"), wait=False)
    client.wait(
        lambda: (
            [one.code for one in client.published[uri(base)].diagnostics] == ["BNN204"]
            and client.published[uri(base)].version == version + 1
        )
    )
    # The width of the last layer is a matter of both files; what is wrong is shown in the base.
    client.change(uri(over), text + "data: null\noutput: {classes: 11}\n")
    assert client.published[uri(over)].diagnostics == ()
    client.close(uri(base))
    client.wait(lambda: "BNN204" in [one.code for one in client.published[uri(base)].diagnostics])
    client.close(uri(over))
    client.wait(lambda: not client.published[uri(base)].diagnostics)


def test_a_file_has_its_findings_under_the_address_that_the_client_has_for_it(
    client: Client, tmp_path: Path
) -> None:
    base, over = tmp_path / "base~.yaml", tmp_path / "over.yaml"
    base.write_text(SPEC)
    spelled = uri(base).replace("~", "%7E")
    client.open(spelled, SPEC)
    client.open(uri(over), "bnnc: 1\nextends: base~.yaml\nname: over\ninput: {shape: [9, 9, 1]}\n")
    client.change(spelled, SPEC.replace("units: 84", "units: -1"))
    client.wait(lambda: "BNN106" in [one.code for one in client.published[spelled].diagnostics])
    assert uri(base) not in client.published
    client.close(uri(over))
    client.close(spelled)


def test_a_base_that_was_written_is_read_again(client: Client, tmp_path: Path) -> None:
    base, over = tmp_path / "base.yaml", tmp_path / "over.yaml"
    base.write_text(SPEC)
    assert client.open(uri(over), "bnnc: 1\nextends: base.yaml\nname: over\n") == []
    base.write_text(SPEC.replace("units: 84", "units: -1"))
    change = types.FileEvent(uri(base), types.FileChangeType.Changed)
    client.notify(
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES, types.DidChangeWatchedFilesParams([change])
    )
    client.wait(lambda: client.published.get(uri(base)) is not None)
    assert [one.code for one in client.published[uri(base)].diagnostics] == ["BNN106"]
    client.close(uri(over))


def test_a_notebook_has_its_findings_in_its_cells(client: Client) -> None:
    script = (ROOT / "tests/scripts/corpus/article-1-one-hot-categorical.py").read_text()
    notebook = "file:///nowhere/train.ipynb"
    cells = [f"vscode-notebook-cell:/nowhere/train.ipynb#{one}" for one in "abc"]
    texts = ["# a title", "%matplotlib inline\nimport os", script]
    kinds = [
        types.NotebookCellKind.Markup,
        types.NotebookCellKind.Code,
        types.NotebookCellKind.Code,
    ]
    client.notify(
        types.NOTEBOOK_DOCUMENT_DID_OPEN,
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(
                notebook,
                "jupyter-notebook",
                1,
                [types.NotebookCell(kind, cell) for kind, cell in zip(kinds, cells, strict=True)],
            ),
            [
                types.TextDocumentItem(cell, "python", 1, text)
                for cell, text in list(zip(cells, texts, strict=True))[1:]
            ],
        ),
    )
    client.wait(lambda: cells[2] in client.published)
    alone = client.open("file:///nowhere/train.py", script, "python")
    assert alone
    shown = client.published[cells[2]].diagnostics
    assert [(one.code, flat(one.range)) for one in shown] == [
        (one.code, flat(one.range)) for one in alone
    ]
    assert client.published[cells[1]].diagnostics == ()
    client.notify(
        types.NOTEBOOK_DOCUMENT_DID_CLOSE,
        types.DidCloseNotebookDocumentParams(
            types.NotebookDocumentIdentifier(notebook),
            [types.TextDocumentIdentifier(cell) for cell in cells[1:]],
        ),
    )
    client.wait(lambda: not client.published[cells[2]].diagnostics)


def test_the_page_on_editors_starts_the_command_that_there_is() -> None:
    page = (ROOT / "docs/editors.md").read_text()
    (helix,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    server = tomllib.loads(helix)["language-server"]["bnnc"]
    assert [server["command"], *server["args"]] == ["bnnc", "lsp"]
    assert 'cmd = { "bnnc", "lsp" }' in page
    assert '("bnnc" "lsp")' in page


def test_the_extension_has_the_version_of_bnnc() -> None:
    package = json.loads((ROOT / "editors/vscode/package.json").read_text())
    assert package["version"] == VERSION
    assert f"bnnc-{VERSION}.vsix" in (ROOT / "docs/editors.md").read_text()
    locked = json.loads((ROOT / "editors/vscode/package-lock.json").read_text())
    assert locked["packages"][""]["dependencies"] == package["dependencies"]


def test_started_by_hand_it_says_who_starts_it() -> None:
    terminal, other = os.openpty()
    try:
        ended = subprocess.run(SERVER, stdin=other, capture_output=True, text=True, check=False)
    finally:
        os.close(terminal)
        os.close(other)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: `bnnc lsp` is started by an editor")


def test_without_its_library_it_names_the_line_to_type() -> None:
    code = "import sys; sys.modules['pygls'] = None; from bnnc.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "lsp"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "error: `bnnc lsp` needs pygls, which is not installed: `pip install 'bnnc[lsp]'`\n"
    )
