"""Notebooks are read cell by cell, and damaged ones are findings."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

from bnnc.cli.app import run
from bnnc.compiler.diagnostics import github_form, json_form, sarif_form
from bnnc.compiler.diagnostics.outcome import File, Outcome
from bnnc.compiler.pipeline import check_bytes
from bnnc.compiler.scripts.notebooks import without_magics
from tests.scripts.test_corpus import FOLDER

NOTEBOOK = FOLDER / "notebook-softmax-as-logits.ipynb"
MODEL = "import keras\nmodel = keras.Sequential([keras.layers.Dense(10, input_shape=(784,))])\n"


def notebook(*cells: Any, **fields: Any) -> bytes:
    made = [{"cell_type": "code", "source": one} if isinstance(one, str) else one for one in cells]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": made} | fields).encode()


def codes(data: bytes) -> list[str]:
    return [one.code for one in check_bytes("a.ipynb", data).diagnostics]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b"[" * 100_000,
        b'{"cells": 1}',
        b'{"cells": [1]}',
        b'{"cells": [{"cell_type": 3}]}',
        b'{"cells": [{"cell_type": "code"}]}',
        b'{"cells": [{"cell_type": "code", "source": [1]}]}',
        b'{"nbformat": 3, "worksheets": []}',
        b'{"cells": ' + b"9" * 5_000 + b"}",
        notebook(MODEL, metadata={"kernelspec": {"language": "julia"}}),
        notebook("a = 1\n" * 50_000),
        notebook(*["a"] * 10_001),
    ],
)
def test_a_file_that_is_no_notebook_is_a_finding(data: bytes) -> None:
    assert codes(data) == ["BNN706"]


@pytest.mark.parametrize("data", [notebook(), notebook({"cell_type": "raw", "source": MODEL})])
def test_a_notebook_without_code_has_no_model(data: bytes) -> None:
    assert codes(data) == ["BNN702"]


def test_the_source_of_a_cell_is_text_or_a_list_of_lines() -> None:
    lines = {"cell_type": "code", "source": MODEL.splitlines(keepends=True)}
    assert codes(notebook(MODEL)) == codes(notebook(lines)) == []


def test_damaged_notebooks_end_in_findings() -> None:
    random, data = Random(0), NOTEBOOK.read_bytes()
    for _ in range(200):
        at, length = random.randrange(len(data)), random.randrange(1, 40)
        check_bytes(
            "a.ipynb", data[:at] + random.randbytes(random.randrange(4)) + data[at + length :]
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if a:\n    !ls\n", "if a:\n    pass\n"),
        ("files = !ls\n", "files = _of_ipython()\n"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("model.fit?\n", "pass\n"),
    ],
)
def test_lines_of_ipython_do_nothing(text: str, expected: str) -> None:
    assert without_magics(text) == expected


def test_a_line_that_begins_with_the_sign_of_a_remainder_stays() -> None:
    text = f"{MODEL}x = (5\n     % 3)\n"
    assert codes(notebook(text)) == []


def test_places_are_a_cell_and_its_lines_in_every_form() -> None:
    report = check_bytes(str(NOTEBOOK), NOTEBOOK.read_bytes())
    outcome = Outcome(FOLDER, (File(str(NOTEBOOK), "refused"),), report.diagnostics, 1)
    document = json.loads(json_form.form(outcome))
    schema = Path(json_form.__file__).with_name("report.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(document, json.loads(schema))
    softmax = next(one for one in document["diagnostics"] if one["code"] == "BNN301")
    assert (softmax["cell"], softmax["span"]["start"]["line"]) == (5, 4)
    assert softmax["related"][0]["cell"] == 7
    log = json.loads(sarif_form.form(outcome))
    (result,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "BNN301"]
    assert result["message"]["text"].startswith("cell 5:4:28: a softmax")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == NOTEBOOK.name
    assert place["region"]["startLine"] == 1  # a line of a cell is none of the file
    shown = github_form.form(outcome)
    assert f"::error file={NOTEBOOK.name},line=1,endLine=1,title=BNN301" in shown
    assert f"{NOTEBOOK.name}:cell 5:4:28: a softmax" in shown


def test_a_comment_suppresses_a_warning_in_its_line_of_its_cell() -> None:
    fit = "model.fit(images, labels)"
    data = (
        "import keras\n(images, labels), _ = keras.datasets.mnist.load_data()\n",
        "model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, 'softmax')])\n"
        "model.compile('adam', loss='sparse_categorical_crossentropy')\n",
    )
    assert codes(notebook(*data, fit)) == ["BNN719"]
    assert codes(notebook(*data, f"{fit}  # bnnc: ignore[BNN719]")) == []


def test_a_notebook_is_imported(tmp_path: Path) -> None:
    written = tmp_path / "spec.yaml"
    assert run(["import", str(NOTEBOOK), "-o", str(written)]) == 0
    assert "source: mnist" in written.read_text(encoding="utf-8")
