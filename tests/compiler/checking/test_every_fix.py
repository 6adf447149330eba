"""Every fix that any rule ever offers is applied: its finding goes, no other comes or goes.

The specs are the bad examples of the pages, the corpus, and below them those that reach the fixes
which a rule offers in other situations only. That they reach all of them is a test too: the places
in the compiler's source that make a fix are counted.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

import bnnc.compiler
from bnnc.compiler.analysis.data_facts import Looking
from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Fix
from bnnc.compiler.pipeline import check, check_bytes, fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.specs.loss import LossType

RULES = {code: rule for code, rule in rules().items() if rule.kind != "symptom"}
COMPILER = Path(bnnc.compiler.__file__).parent.resolve()
CORPUS = Path(__file__).parents[2] / "corpus"
# How a fix is made: the class, and the methods of the view that make one.
MAKERS = {"Fix", "fix_set", "fix_delete", "fix_delete_output_activation"}

HEAD = "bnnc: 1\nname: more\ninput: {shape: [8, 8, 1], value_range: [0, 16]}\n"
LAYERS = "layers:\n  - {type: flatten}\n  - {type: dense, units: 10%s}\n"
CLASSES = "output: {distribution: %s, parameterization: %s, classes: 10, labels: %s}\n"
ONE_UNIT = "layers:\n  - {type: flatten}\n  - {type: dense, units: 1%s}\n"
YES_OR_NO = "output: {distribution: bernoulli, parameterization: %s, labels: binary}\n"
INDICES = HEAD + LAYERS % "" + CLASSES % ("categorical", "logits", "integer")
ROWS = HEAD + LAYERS % "" + CLASSES % ("one_hot_categorical", "logits", "one_hot")
COUNTED = INDICES + "bayesian: {method: flipout}\ndata: {source: digits}\n"

MORE = {
    "smoothed log-likelihood of class indices": INDICES + "loss: {label_smoothing: 0.1}\n",
    "smoothed log-likelihood of one-hot rows": ROWS + "loss: {label_smoothing: 0.1}\n",
    "smoothed log-likelihood of a yes or no": HEAD
    + ONE_UNIT % ""
    + YES_OR_NO % "logits"
    + "loss: {label_smoothing: 0.1}\n",
    "smoothed cross-entropy of class indices": INDICES
    + "loss: {type: categorical_crossentropy, label_smoothing: 0.1}\n",
    "smoothed cross-entropy of a one-hot distribution": ROWS
    + "loss: {type: categorical_crossentropy, label_smoothing: 0.1}\n",
    "means of colours, channels first": INDICES.replace(
        "shape: [8, 8, 1]", "shape: [3, 8, 8], mean: [0.5, 0.4, 0.3]"
    ),
    "digits, channels first": INDICES.replace("[8, 8, 1]", "[1, 8, 8]")
    + "data: {source: digits}\n",
    "weight and temperature too large": COUNTED + "loss: {kl: {weight: 0.01, temperature: 10}}\n",
    "no weight and temperature too large": COUNTED + "loss: {kl: {weight: 0, temperature: 10}}\n",
    "small weight and temperature too large": COUNTED
    + "loss: {kl: {weight: 1e-9, temperature: 10}}\n",
    "softmax under a relaxed distribution": HEAD
    + LAYERS % ", activation: softmax"
    + "output: {distribution: relaxed_one_hot_categorical, temperature: 1.0, "
    + "parameterization: logits, classes: 10, labels: soft}\n",
    "softmax read as logits of independent labels": HEAD
    + LAYERS % ", activation: softmax"
    + CLASSES % ("independent_bernoulli", "logits", "multi_hot"),
    "softmax read as probabilities of independent labels": HEAD
    + LAYERS % ", activation: softmax"
    + CLASSES % ("independent_bernoulli", "probs", "multi_hot"),
    **{
        f"{activation} read as a rate": HEAD
        + ONE_UNIT % f", activation: {activation}"
        + "output: {distribution: poisson, parameterization: rate, labels: count}\n"
        for activation in ("linear", "relu")
    },
    "a row that has no mirror image": INDICES
    + "bayesian: {method: antithetic}\ntraining: {batch_size: 1}\n",
    "hard sigmoid of a yes or no": HEAD
    + ONE_UNIT % ", activation: hard_sigmoid"
    + YES_OR_NO % "probs",
    **{
        f"integer labels of a one-hot distribution under {loss}": HEAD
        + LAYERS % ""
        + CLASSES % ("one_hot_categorical", "logits", "integer")
        + f"loss: {{type: {loss}}}\n"
        for loss in get_args(LossType)
    },
    "a layer's type as a key": INDICES.replace("type: flatten", "Flatten: {}"),
    "a Bayesian layer of another library": INDICES.replace("type: dense,", "type: DenseFlipout,"),
    "a backbone of images whose channels stand first": HEAD.replace("[8, 8, 1]", "[3, 40, 40]")
    + "layers:\n  - {type: backbone, application: VGG16, pooling: avg}\n"
    + "  - {type: dense, units: 10}\n"
    + CLASSES % ("categorical", "logits", "integer"),
    "a crop of images whose channels stand first": INDICES.replace(
        "[8, 8, 1]", "[1, 8, 8]"
    ).replace("layers:\n", "layers:\n  - {type: random_crop, height: 6, width: 6}\n"),
    "no Bayesian layers, by a switch": INDICES + "bayesian: false\n",
    "an ensemble as a method": INDICES + "bayesian: {method: ensemble, members: 3}\n",
    "a layer's own method without its section": INDICES.replace(
        "units: 10}", "units: 10, method: none}"
    )
    + "bayesian: {method: flipout}\ndata: {source: digits}\n",
    "a layer as a call": INDICES.replace("{type: dense, units: 10}", "nn.Linear(64, 10)"),
    "logits with a scale": INDICES.replace("logits", "loc_and_scale"),
    "a resize of volumes": INDICES.replace("[8, 8, 1]", "[8, 8, 8, 1]")
    + "data: {source: later, resize: {height: 8, width: 8}}\n",
    "weight of 1 and temperature too large": COUNTED + "loss: {kl: {weight: 1, temperature: 10}}\n",
}


def examples() -> dict[str, str]:
    """The bad examples of all pages."""
    found: dict[str, str] = {}
    for rule in RULES.values():
        page = textwrap.dedent("    " + rule.page)
        section = re.search(r"^## Example\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        assert section, rule.code
        blocks = re.findall(r"^```yaml\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)
        found |= {f"{rule.code}-{number}": text for number, text in enumerate(blocks)}
    return found


def corpus() -> dict[str, str]:
    """The wrong specs of the corpus; what is not UTF-8 is read as none, and has nothing to edit."""
    found = {}
    for spec in sorted(CORPUS.glob("*.yaml")):
        with suppress(UnicodeDecodeError):
            found[spec.stem] = spec.read_text(encoding="utf-8")
    return found


TEXTS = {**examples(), **corpus(), **MORE}
over_texts = pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))


@cache
def checked(text: str) -> Report:
    return check(Source("spec.yaml", text))


def codes(report: Report) -> Counter[str]:
    return Counter(one.code for one in report.diagnostics)


@over_texts
def test_a_fix_removes_its_finding_and_no_other_comes_or_goes(text: str) -> None:
    report = checked(text)
    for found in report.diagnostics:
        for one in found.fixes:
            after = codes(checked(apply(text, one.edits)))
            others = codes(report) - Counter([found.code])
            assert not others - after, (found.code, one.description)
            came = after - others
            # What a misspelt word hides from the rules is seen once it is spelt right.
            uncovers = rules()[found.code].kind == "finding"
            assert not came or uncovers, (found.code, one.description)
            assert all(rules()[code].kind == "rule" for code in came)


@over_texts
def test_all_fixes_together_leave_the_findings_that_have_none(text: str) -> None:
    report = checked(text)
    fixed = fix(report, unsafe=True)
    assert not any(one.fixes for one in fixed.report.diagnostics)
    without = Counter(one.code for one in report.diagnostics if not one.fixes)
    assert not without - codes(fixed.report)
    came = codes(fixed.report) - without
    uncovers = any(rules()[one.code].kind == "finding" for one in fixed.applied)
    assert not came or uncovers
    again = fix(fixed.report, unsafe=True)
    assert again.source.text == fixed.source.text


def makers() -> dict[tuple[Path, range], str]:
    """Where the compiler makes a fix: file, lines, and the text."""
    found = {}
    for file in sorted(COMPILER.rglob("*.py")):
        if file == COMPILER / "analysis" / "view.py" or "diagnosis" in file.parts:
            continue  # the methods themselves, and what is found in trained runs
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in MAKERS:
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                found[file, lines] = f"{file.name}:{node.lineno}"
    return found


def in_several_files(folder: Path) -> list[Report]:
    """Reports with fixes that need other files; other tests apply these fixes."""
    for name, size in (("a", 4), ("b", 5)):
        (folder / "images" / name).mkdir(parents=True)
        Image.new("L", (size, size)).save(folder / "images" / name / "0.png")
    mixed = INDICES.replace("classes: 10", "classes: 2").replace("units: 10", "units: 2")
    mixed += "data: {source: images}\n"
    (folder / "base.yaml").write_text(
        INDICES + "training: {optimizer: {type: adam, beta_1: 0.5}}\n", encoding="utf-8"
    )
    over = "bnnc: 1\nname: over\nextends: %s\ntraining: {optimizer: {type: sgd}}\n"
    path = folder / "over.yaml"
    texts = (mixed, *(over % base for base in ("base.yaml", "bsae.yaml")))
    reports = [check_bytes(str(path), text.encode()) for text in texts]
    # Of every row of the data: statistics of other data, another range, a class left out.
    labels = np.where(np.arange(500) < 10, 9, np.arange(500) % 9)
    np.savez(
        folder / "rows.npz",
        x_train=np.indices((500, 64))[1].reshape(500, 8, 8, 1) / 4,
        y_train=labels,
    )
    rows = (
        INDICES.replace("[0, 16]", "[0, 16], mean: 0.0, std: 0.1"),
        INDICES.replace("[0, 16]", "[0, 8]"),
    )
    data = "data: {source: rows.npz, splits: {validation: 0.1, seed: 4}}\n"
    reports += [check_bytes(str(path), (text + data).encode(), data=Looking()) for text in rows]
    return reports


def test_every_place_that_makes_a_fix_is_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reached: set[tuple[Path, int]] = set()
    make = Fix.__init__

    def made(self: Fix, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe(1)
        while frame.f_back and Path(frame.f_code.co_filename).name == "view.py":
            frame = frame.f_back
        reached.add((Path(frame.f_code.co_filename).resolve(), frame.f_lineno))
        make(self, *args, **kwargs)

    monkeypatch.setattr(Fix, "__init__", made)
    checked.cache_clear()
    for text in TEXTS.values():
        checked(text)
    in_several_files(tmp_path)
    places = makers()
    missed = {
        name
        for (file, lines), name in places.items()
        if not any((file, line) in reached for line in lines)
    }
    assert len(places) > 30
    assert missed == set()


def test_the_rules_that_offer_a_fix_are_those_whose_fixes_are_applied_here(
    tmp_path: Path,
) -> None:
    offering = set()
    for rule in RULES.values():
        tree = ast.parse(inspect.getsource(sys.modules[rule.module]))
        if any(isinstance(node, ast.keyword) and node.arg == "fixes" for node in ast.walk(tree)):
            offering.add(rule.code)
    applied = {
        found.code for text in TEXTS.values() for found in checked(text).diagnostics if found.fixes
    }
    applied |= {
        found.code
        for report in in_several_files(tmp_path)
        for found in report.diagnostics
        if found.fixes
    }
    # Some build them in a module that they share.
    assert offering <= applied
