"""Fixes: each removes its finding, brings no other, and leaves comments and layout alone."""

from __future__ import annotations

import json
from functools import cache
from itertools import product
from typing import get_args

import pytest
import yaml

from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.diagnostics.edits import delete_entry, set_value
from bnnc.compiler.pipeline import check, fix
from bnnc.compiler.reading.reader import read
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping
from bnnc.specs.loss import LossType
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.outputs.output import Labels

FLOW = """\
bnnc: 1   # the version
name: example
input: {{shape: [28, 28, 1]}}
layers:
  - {{type: flatten}}   # a row
  - {{type: dense, units: {units}, activation: {activation}, name: head}}  # the head
output: {{distribution: {distribution}, {fields}parameterization: {parameterization}, labels: {labels}}}
loss: {{type: {loss}}}  # scored so
"""
BLOCK = """\
bnnc: 1   # the version
name: example
input:
  shape: [28, 28, 1]
layers:
  - type: flatten
  - activation: {activation}
    # why a head
    type: dense
    units: {units}   # as many as classes
output:
  # what it is over
  distribution: {distribution}
  {field_lines}parameterization: {parameterization}  # what the numbers are
  labels: {labels}

loss:
  kl: {{temperature: 1.0}}
  type: {loss}
"""


# Units of the last layer, and the fields beside parameterization and labels.
DISTRIBUTIONS = {
    "categorical": (10, "classes: 10"),
    "one_hot_categorical": (10, "classes: 10"),
    "relaxed_one_hot_categorical": (10, "classes: 10, temperature: 0.5"),
    "bernoulli": (1, ""),
    "independent_bernoulli": (10, "classes: 10"),
    "ordered_logistic": (1, "classes: 10"),
    "normal": (1, "scale: learned"),
    "student_t": (2, ""),
    "poisson": (1, ""),
}


def layouts() -> list[tuple[str, str]]:
    """Cells of the coherence table, one activation for each rule, in two layouts by turns, with names."""
    found: list[tuple[str, str]] = []
    for distribution, (units, fields) in DISTRIBUTIONS.items():
        own = tuple(OUTPUTS[distribution].activations)
        if distribution == "normal":
            own = own[:1]  # the other one takes two units, and no scale
        numbers = list(product(own, ("linear", "softmax", "sigmoid", "hard_sigmoid", "relu")))
        # What is another distribution's, and an activation that is right elsewhere, in one case.
        numbers += [(own[0], "softplus"), ("logits" if "loc" in own[0] else "loc", "tanh")]
        scores = list(product(get_args(Labels), get_args(LossType)))
        # All scores with the first numbers, all numbers with a few scores.
        few = [scores[0], scores[len(scores) // 2], scores[-1]]
        cells = [*product(numbers[:2], scores), *product(numbers[2:], few)]
        for (parameterization, activation), (labels, loss) in cells:
            values = {
                "distribution": distribution,
                "parameterization": parameterization,
                "activation": activation,
                "labels": labels,
                "loss": loss,
                "units": units,
                "fields": f"{fields}, " if fields else "",
                "field_lines": "".join(f"{one}\n  " for one in fields.split(", ") if one),
            }
            name = f"{distribution}-{parameterization}-{activation}-{labels}-{loss}"
            # Each loss and each label encoding comes in both layouts.
            turn = (scores.index((labels, loss)) + get_args(Labels).index(labels)) % 2
            kind, layout = (("flow", FLOW), ("block", BLOCK))[turn]
            found.append((f"{kind}-{name}", layout.format(**values)))
    return found


LAYOUTS = layouts()


@cache
def checked(text: str) -> Report:
    return check(Source("spec.yaml", text))


def comments(text: str) -> list[str]:
    return [line.split("#", 1)[1] for line in text.splitlines() if "#" in line]


def same_cause(one: Diagnostic, found: tuple[Diagnostic, ...]) -> bool:
    return any(other.code == one.code for other in found)


def test_every_offered_fix_removes_its_finding_and_brings_no_other() -> None:
    offered: dict[str, int] = {}
    for name, text in LAYOUTS:
        report = checked(text)
        before = sorted(one.code for one in report.diagnostics)
        for diagnostic in report.diagnostics:
            for one in diagnostic.fixes:
                fixed = apply(text, one.edits)
                after = checked(fixed).diagnostics
                assert not same_cause(diagnostic, after), (name, diagnostic.code, fixed)
                rest = list(before)
                rest.remove(diagnostic.code)
                new = [code for code in sorted(one.code for one in after) if code not in rest]
                assert not new, (name, diagnostic.code, new, fixed)
                assert comments(fixed) == comments(text), (name, fixed)
                offered[diagnostic.code] = offered.get(diagnostic.code, 0) + 1
    assert len(offered) >= 15, sorted(offered)


def test_all_fixes_together_lead_to_a_clean_spec_and_a_second_time_change_nothing() -> None:
    for name, text in LAYOUTS:
        result = fix(checked(text), unsafe=True)
        assert result.report.ok, (name, result.source.text)
        assert comments(result.source.text) == comments(text), name
        again = fix(result.report, unsafe=True)
        assert again.source.text == result.source.text
        assert again.applied == ()


def test_safe_fixes_never_touch_the_layers() -> None:
    for name, text in LAYOUTS:
        result = fix(checked(text), unsafe=False)
        before, after = yaml.safe_load(text), yaml.safe_load(result.source.text)
        assert before["layers"] == after["layers"], name
        assert all(any(one.safe for one in found.fixes) for found in result.applied)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (
            "{type: Conv2D, filters: 4, kernel_size: 3, activation: relu}",
            "{type: conv2d, filters: 4, kernel_size: 3, activation: relu}",
        ),
        (
            "{type: conv2d, filter: 4, kernel_size: 3, activation: relu}",
            "{type: conv2d, filters: 4, kernel_size: 3, activation: relu}",
        ),
    ],
)
def test_misspelt_names_are_fixed_where_they_stand(wrong: str, right: str) -> None:
    text = FLOW.format(
        units=10, activation="linear", distribution="categorical", fields="classes: 10, ",
        parameterization="logits", labels="integer", loss="negative_log_likelihood",
    )  # fmt: skip
    text = text.replace("  - {type: flatten}", f"  - {wrong}  # first\n  - {{type: flatten}}")
    result = fix(checked(text), unsafe=True)
    assert result.report.ok
    assert result.source.text == text.replace(wrong, right)


def test_fixes_work_on_json_too() -> None:
    document = {
        "bnnc": 1,
        "name": "example",
        "input": {"shape": [8, 8, 1]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 4}],
        "output": {
            "distribution": "one_hot_categorical",
            "parameterization": "logits",
            "classes": 4,
            "labels": "one_hot",
        },
        "loss": {"type": "categorical_crossentropy"},
    }
    text = json.dumps(document, indent=2)
    result = fix(checked(text), unsafe=False)
    assert json.loads(result.source.text)["loss"] == {"type": "negative_log_likelihood"}


def test_overlapping_fixes_are_applied_one_round_after_the_other() -> None:
    text = "bnnc: 1\nname: example\n"
    report = checked(text)
    assert fix(report, unsafe=True).source.text == text
    assert not any(isinstance(one, Fix) for found in report.diagnostics for one in found.fixes)


@pytest.mark.parametrize("properties", ["&spec ", "!spec ", "!!map &spec "])
def test_a_key_is_added_below_the_others_and_not_below_a_tag_or_an_anchor(properties: str) -> None:
    text = f"{properties}bnnc: 1\nname: example\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edit = set_value(tree, ("training",), "{seed: 1}")
    assert apply(text, [edit]) == text + "training: {seed: 1}\n"


@pytest.mark.parametrize("before", ["type: !negative", "type:"])
def test_behind_a_tag_or_no_value_a_deletion_leaves_the_space_that_ends_it(before: str) -> None:
    text = f"loss: {{{before} , kl: {{weight: 1}}}}\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edited = apply(text, [delete_entry(tree, ("loss", "kl"))])
    assert edited == f"loss: {{{before} }}\n"
    assert read(Source("spec.yaml", edited))[0] is not None


@pytest.mark.parametrize("empty", [" null", "", " ~", " # none"])
def test_a_section_that_is_null_becomes_one_with_the_key(empty: str) -> None:
    text = f"calibration:{empty}\nname: example\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edited = apply(text, [set_value(tree, ("calibration", "method"), "vector")])
    comment = empty if "#" in empty else ""
    assert edited == f"calibration: {{method: vector}}{comment}\nname: example\n"


def test_a_key_is_added_behind_one_without_a_value_with_a_space_between() -> None:
    text = "training: {seed: }\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edited = apply(text, [set_value(tree, ("training", "epochs"), "3")])
    assert edited == "training: {seed: , epochs: 3 }\n"
    assert read(Source("spec.yaml", edited))[0] is not None


@pytest.mark.parametrize(
    ("anchor", "added", "deleted"),
    [
        (
            "&conv {type: conv2d, filters: 6}",
            "&conv {type: conv2d, filters: 6, a: 1}",
            "&conv {type: conv2d}",
        ),
        (
            "&conv { # {\n  type: conv2d, # a\n  filters: 6 }",
            "&conv { # {\n  type: conv2d, # a\n  filters: 6, a: 1 }",
            "&conv { # {\n  type: conv2d, # a\n  }",
        ),
        (
            "&conv\n  type: conv2d\n  filters: 6",
            "&conv\n  type: conv2d\n  filters: 6\n  a: 1",
            "&conv\n  type: conv2d",
        ),
    ],
)
def test_what_an_alias_stands_for_is_edited_where_its_anchor_is(
    anchor: str, added: str, deleted: str
) -> None:
    text = "x-conv: {}\nlayers:\n  - *conv\n  - {{type: flatten}}\n".format
    tree, _ = read(Source("spec.yaml", text(anchor)))
    assert tree is not None
    assert apply(text(anchor), [set_value(tree, ("layers", 0, "a"), "1")]) == text(added)
    assert apply(text(anchor), [delete_entry(tree, ("layers", 0, "filters"))]) == text(deleted)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Between it and the one before, alone on its line, the last and not the last.
        ("{a: 1,  # x\n  kl: 2}", "{a: 1,  # x\n  }"),
        ("{a: 1,  # x\n  kl: 2\n  }", "{a: 1,  # x\n  }"),
        ("{a: 1,  # x\n  # y\n  kl: {b: 2},\n  c: 3}", "{a: 1,  # x\n  # y\n  c: 3}"),
        ("{a: 1  # x\n  , kl: 2, c: 3}", "{a: 1  # x\n  , c: 3}"),
        ("{a: 1,  # x\n  kl: 2,  # y\n  c: 3}", "{a: 1,  # x\n  # y\n  c: 3}"),
        ("{a: 1,  # x\n  kl: 2  # y\n  , c: 3}", "{a: 1,  # x\n    # y\n  c: 3}"),
        ("{a: 1,  # x\n  kl: 2,  # y\n  }", "{a: 1,  # x\n  # y\n  }"),
        ("{a: 1,  # x\n  &k kl: 2, c: 3}", "{a: 1,  # x\n  c: 3}"),
        # The first: behind it.
        ("{kl: 2,  # y\n  c: 3}", "{# y\n  c: 3}"),
        ("{\n  kl: 2,\n  # y\n  c: 3}", "{\n  # y\n  c: 3}"),
        ("{kl: 2  # y\n}", "{  # y\n}"),
        ("{kl: 2, }", "{}"),
    ],
)
def test_a_deletion_between_brackets_leaves_the_comments_around_it(before: str, after: str) -> None:
    text = f"loss: {before}\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edited = apply(text, [delete_entry(tree, ("loss", "kl"))])
    assert edited == f"loss: {after}\n"
    assert comments(edited) == comments(text)
    left = yaml.safe_load(text)["loss"]
    del left["kl"]
    assert yaml.safe_load(edited)["loss"] == left


def test_deletions_of_two_entries_between_brackets_leave_the_comments_of_both() -> None:
    text = "loss: {\n  a: 1,  # x\n  # y\n  kl: 2,  # z\n  c: 3\n  }\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edits = [delete_entry(tree, ("loss", key)) for key in ("kl", "c")]
    edited = apply(text, edits)
    assert edited == "loss: {\n  a: 1,  # x\n  # y\n  # z\n  }\n"
    assert yaml.safe_load(edited) == {"loss": {"a": 1}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", "{epochs: 3}"),
        ("{ }", "{epochs: 3 }"),
        ("{1: 2}", "{epochs: 3, 1: 2}"),
        ("\n  1: 2", "\n  epochs: 3\n  1: 2"),
    ],
)
def test_a_key_is_added_to_a_mapping_that_has_none(before: str, after: str) -> None:
    text = "training: {}\n".format
    tree, _ = read(Source("spec.yaml", text(before)))
    assert tree is not None
    edited = apply(text(before), [set_value(tree, ("training", "epochs"), "3")])
    assert edited == text(after)
    assert read(Source("spec.yaml", edited))[0] is not None


def test_an_alias_of_an_empty_mapping_is_replaced_by_the_entry() -> None:
    text = "x-none: &none {}\ntraining: *none\n"
    tree, _ = read(Source("spec.yaml", text))
    assert tree is not None
    edited = apply(text, [set_value(tree, ("training", "epochs"), "3")])
    assert edited == "x-none: &none {}\ntraining: {epochs: 3}\n"


@pytest.mark.parametrize("value", ["true", "0.5", "[1, 2.5]", "null", '["a"]', "word"])
def test_a_value_for_json_is_json_and_only_words_get_quotes(value: str) -> None:
    text = '{"a": 1}'
    tree, _ = read(Source("a.json", text))
    assert isinstance(tree, Mapping)
    edited = apply(text, [set_value(tree, ("new",), value)])
    assert json.loads(edited) == {"a": 1, "new": yaml.safe_load(value)}
