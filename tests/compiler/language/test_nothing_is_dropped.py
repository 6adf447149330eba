"""Help and fixes keep every value that the user wrote, or name it; and what they say is right.

Two laws over the bad examples of all rules, the corpus, and `MISTAKES`, which are those of people
who come from other libraries:

- a scalar that a fix takes away is one that the finding points at, or that it names: by its value,
  or by a key that it lies under;
- the help, followed literally, brings no other finding about the form of the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix
from bnnc.compiler.diagnostics.edits import delete_entry, set_value
from bnnc.compiler.language.examples import flow
from bnnc.compiler.language.layer_suggestions import value_at
from bnnc.compiler.pipeline import check
from bnnc.compiler.reading.reader import read
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Mapping, Path, Scalar, find, find_entry, to_json, walk
from tests.compiler.checking.test_every_fix import TEXTS
from tests.compiler.language.test_ways_out_of_habits import MISTAKES, with_layers

# One spec with most of the language in it, and values each of which is wrong in most places.
WHOLE = with_layers(
    "{type: conv2d, filters: 8, kernel_size: 3, strides: 1, padding: same, activation: relu}",
    "{type: max_pooling2d, pool_size: 2}",
    "{type: dropout, rate: 0.2}",
    "{type: batch_normalization, epsilon: 0.001, momentum: 0.9}",
    "{type: flatten, name: row}",
    "{type: dense, units: 10, use_bias: true, bayesian: {method: flipout, prior: {scale: 0.1}}}",
) + (
    "bayesian: {method: flipout, layers: all, prior: {distribution: normal, scale: 0.1, loc: 0.0}, "
    "posterior: {distribution: normal, initial_scale: 0.01}, bias: false}\n"
    "loss: {type: negative_log_likelihood, label_smoothing: 0.0, kl: {weight: per_example, "
    "warmup_epochs: 1, temperature: 1.0, estimator: auto}}\n"
    "training: {optimizer: {type: adam, learning_rate: {type: cosine_decay, "
    "initial_learning_rate: 0.01}, use_ema: true, ema_momentum: 0.9}, batch_size: 32, epochs: 10, "
    "samples: 1, early_stopping: {patience: 3, min_delta: 0.0}, seed: 1, precision: float32}\n"
    "ensemble: {members: 2}\nprediction: {samples: 8}\n"
    "data: {source: mine.npz, validation_split: 0.1}\n"
)
WRONG = (
    *('"5"', "x", "-1", "0", "1", "1000000000", "0.5", "[]", "[3]", "[1, 2, 3, 4, 5]", "{}"),
    *("{a: 1}", "true", "false", "null", "None", '"1/3"', "50%", "yes", '"[1, 2]"', "(3, 3)"),
    *('".5"', "28x28"),
)


def with_wrong_values() -> dict[str, str]:
    """Each field of that spec with a few of those values, each value in many fields."""
    found = {}
    tree, _ = read(Source("spec.yaml", WHOLE))
    assert tree is not None
    for number, (path, node) in enumerate(walk(tree)):
        for place, wrong in enumerate(WRONG):
            if path and path != ("bnnc",) and (number + place) % EACH == 0:
                name = f"{'.'.join(map(str, path))} as {wrong}"
                found[name] = WHOLE[: node.span.start] + wrong + WHOLE[node.span.end :]
    return found


EACH = 10
EVERY = {**TEXTS, **MISTAKES, **with_wrong_values()}
over_texts = pytest.mark.parametrize("text", EVERY.values(), ids=list(EVERY))


def checked(text: str) -> Report:
    return check(Source("spec.yaml", text))


def path_at(report: Report, span: Span) -> Path:
    """The innermost path of a spec that a place lies in."""
    found: Path = ()
    assert report.tree is not None
    for path, node in walk(report.tree):
        around = find_entry(report.tree, path)
        place = node.span if around is None else around.span
        if place.start <= span.start <= place.end and len(path) > len(found):
            found = path
    return found


def vanished(before: Report, after: Report) -> Iterator[tuple[Path, Scalar]]:
    """The scalars that are at no place of a spec any more, with the paths that they had."""
    assert before.tree is not None
    assert after.tree is not None
    kept = [flow(node.value) for _, node in walk(after.tree) if isinstance(node, Scalar)]
    document = to_json(after.tree)
    for path, node in walk(before.tree):
        if isinstance(node, Scalar) and value_at(document, path) != node.value:
            value = flow(node.value)
            if value in kept:
                kept.remove(value)
            else:
                yield path, node


def is_named(path: Path, value: Scalar, found: Diagnostic, fix: Fix) -> bool:
    spans = (found.span, *(one.span for one in found.related))
    if any(one.start <= value.span.start and value.span.end <= one.end for one in spans):
        return True
    words = (found.message, found.label, *found.notes, *found.help, fix.description)
    said = " ".join((*words, *(one.text for one in found.related)))
    return str(value.value) in said or any(f"`{key}" in said for key in path if key != "layers")


@over_texts
def test_a_fix_takes_no_value_away_that_its_finding_does_not_name(text: str) -> None:
    report = checked(text)
    for found in report.diagnostics if report.tree else ():
        for fix in found.fixes:
            for path, value in vanished(report, checked(apply(text, fix.edits))):
                assert is_named(path, value, found, fix), (found.code, path, value.value)


def forms(report: Report) -> set[tuple[Path, str]]:
    """The findings about the form of a spec, each with its place."""
    return {
        (path_at(report, one.span), one.code)
        for one in report.diagnostics
        if rules()[one.code].kind == "finding" and one.severity == "error"
    }


def followed(report: Report, found: Diagnostic) -> Iterator[list[Edit]]:
    """What a person would do who reads the first help of a finding, as far as it is one edit."""
    help, tree = found.help[0], report.tree
    assert tree is not None
    path = path_at(report, found.span)
    meant = re.match(r"did you mean `([^`]+)`\?", help)
    if meant:
        yield [Edit(found.span, meant[1])]
    if "the layer's own `bayesian`" in help:
        help = help.replace(
            "the layer's own `bayesian`", f"`{'.'.join(map(str, path[:-1]))}.bayesian`"
        )
    if re.match(r"delete it(?![:,] and|, or)", help) and find_entry(tree, path):
        yield [delete_entry(tree, path)]
    written = re.match(
        r"(?:write|the key for this is `[^`]*`: write) `([^`]+)`(?: in `([\w.]+)`)?", help
    )
    if not written:
        return
    text, where = written[1], written[2]
    said, wrong = read(Source("help", text if text[:2] == "- " else "{" + text + "}"))
    value = None if wrong or said is None else to_json(said)
    layer = isinstance(path[-1], int) if path else False
    if isinstance(value, list):
        if layer or (len(path) > 1 and isinstance(path[-2], int)):
            node = find(tree, path if layer else path[:-1])
            assert node is not None
            yield [Edit(node.span, flow(value[0]))]
        return
    if not isinstance(value, dict) or None in value.values():
        return
    own = find_entry(tree, path)
    steps = (where or "").split(".")
    place: Path = tuple(int(one) if one.isdigit() else one for one in steps)
    if own is not None and where is None and set(value) == {path[-1]}:
        yield [Edit(own.value.span, flow(value[str(path[-1])]))]
    elif own is not None and where is None and found.code == "BNN102":
        at_top = " at the top" in help or help.startswith("the key for this")
        home: Path = () if at_top and path[0] not in value else path[:-1]
        if home == path[:-1]:
            yield [Edit(own.span, flow(value)[1:-1])]
        else:
            yield [
                delete_entry(tree, path),
                *(set_value(tree, (*home, key), flow(one)) for key, one in value.items()),
            ]
    elif own is not None and where is not None and isinstance(find(tree, place), Mapping):
        yield [
            delete_entry(tree, path),
            *(set_value(tree, (*place, key), flow(one)) for key, one in value.items()),
        ]


@over_texts
def test_help_that_is_followed_brings_no_other_error_of_its_place(text: str) -> None:
    report = checked(text)
    for found in report.diagnostics if report.tree else ():
        if rules()[found.code].kind != "finding" or not found.help or found.code < "BNN1":
            continue
        for edits in followed(report, found):
            after = checked(apply(text, edits))
            came = forms(after) - forms(report)
            place = path_at(report, found.span)
            assert (place, found.code) not in forms(after) or (place, found.code) in came, found
            same = {path for path, _ in came if path[: len(place)] == place}
            assert not same, (found.code, found.help, [one.message for one in after.diagnostics])


def test_most_help_about_the_form_of_a_spec_is_followed_here() -> None:
    told = done = 0
    for text in EVERY.values():
        report = checked(text)
        for found in report.diagnostics if report.tree else ():
            if rules()[found.code].kind == "finding" and found.help and found.code > "BNN1":
                told += 1
                done += any(True for _ in followed(report, found))
    assert told > 300
    assert done > told / 2
