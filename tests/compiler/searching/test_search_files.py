"""A search file is checked as a spec is: at its places, with the words of the language."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from bnnc.cli.app import run
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.searching.check import CheckedSearch, check_search
from bnnc.compiler.searching.reading import read_search
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import to_json
from bnnc.specs.search_schema import make_search_schema
from tests.support.sweeps import SPEC

WRONG_IN_SPACE = [
    ("training.optimizer.learning_rat: {low: 0.1, high: 0.2}", "BNN102", "learning_rat"),
    ("trainin.batch_size: {low: 1, high: 2}", "BNN102", "trainin"),
    ("layers.0.filter: {low: 1, high: 2}", "BNN102", "filter"),
    ("layers[7].filters: {low: 1, high: 2}", "BNN110", "[7]"),
    ("layers.haed.units: {low: 1, high: 2}", "BNN110", "haed"),
    ("bayesian.method: {choices: [flipout, flipuot]}", "BNN104", "flipuot"),
    ("layers.0.filters: {low: 0, high: 2}", "BNN106", "0"),
    ("training.batch_size: {low: 8, high: 9000000}", "BNN106", "9000000"),
    ("training.batch_size: {low: 1.5, high: 16}", "BNN105", "1.5"),
    ('training.epochs: {choices: [1, "2"]}', "BNN105", '"2"'),
    ("training.epochs.more: {choices: [1, 2]}", "BNN111", "more"),
    ("training.epochs: 5", "BNN120", "5"),
    ("training.epochs: {choices: []}", "BNN120", "[]"),
    ("training.epochs: {choices: [3]}", "BNN120", "[3]"),
    ("training.epochs: {choices: [1, 2, 1]}", "BNN120", "1"),
    ("training.epochs: {low: 1}", "BNN120", "{low: 1}"),
    ("training.epochs: {}", "BNN120", "{}"),
    ("training.epochs: {low: 4, high: 2}", "BNN120", "2"),
    ("loss.kl.temperature: {low: 0, high: 1, log: true}", "BNN120", "0"),
    ("loss.kl.temperature: {low: 0.1, high: 1, log: true, step: 0.1}", "BNN120", "0.1"),
    ("layers.0.filters: {low: 2, high: 9, step: 2}", "BNN120", "2"),
    ("training.epochs: {low: 1, high: 2, choices: [3, 4]}", "BNN120", "low"),
    ("training.epochs: {low: 1, hihg: 2, high: 3}", "BNN102", "hihg"),
    ("training.seed: {choices: [0, 1]}", "BNN121", "training.seed"),
    ("data.validation_split: {low: 0.1, high: 0.2}", "BNN121", "data.validation_split"),
    ("data: {choices: [{source: digits}, {source: mnist}]}", "BNN121", "data"),
    ("name: {choices: [a, b]}", "BNN121", "name"),
    ("loss..kl: {low: 1, high: 2}", "BNN109", "loss..kl"),
    ("training.epochs: {low: 1, high: 2, when: {bayesian.method: none}}", "BNN120", "bayesian.method"),
]  # fmt: skip
WRONG_ABOVE_IT = [
    ("sampler: tpee", "BNN104", "tpee"),
    ("sampler: {type: random, startup_trials: 3}", "BNN123", "startup_trials"),
    ("pruner: {type: median, startup_trial: 3}", "BNN102", "startup_trial"),
    ("pruner: {type: median, startup_trials: -1}", "BNN106", "-1"),
    ("objectives: [nll, eec]", "BNN104", "eec"),
    ("objectives: rmse", "BNN123", "rmse"),
    ("objectives: [nll, nll]", "BNN123", "nll"),
    ("objectives: parameters", "BNN123", "parameters"),
    ("objectives: []", "BNN107", "[]"),
    ("seed: 1.5", "BNN105", "1.5"),
    ("sede: 1", "BNN102", "sede"),
    ("refuse_warnings: [BNM5]", "BNN105", "BNM5"),
    ("sampler: grid", "BNN123", "grid"),
]
RIGHT_LINES = (
    "objectives: [nll, parameters]\nsampler: nsga2\npruner: none",
    "sampler: {type: tpe, startup_trials: 3}\npruner: {type: hyperband, min_epochs: 2}",
    "x-note: [kept]\nrefuse_warnings: BNN5\nseed: 4",
    "objectives: ece",
)


def checked(search: str, spec: str = SPEC) -> CheckedSearch:
    return check_search(check(Source("spec.yaml", spec, "")), Source("search.yaml", search, ""))


GOOD = "loss.kl.temperature: {low: 0.5, high: 1}"


def space(*lines: str) -> str:
    return "space:\n" + "".join(f"  {one}\n" for one in lines)


def only(search: str, spec: str = SPEC) -> Diagnostic:
    (found,) = checked(search, spec).diagnostics
    return found


@pytest.mark.parametrize(("line", "code", "at"), WRONG_IN_SPACE)
def test_what_is_wrong_is_found_at_its_place(line: str, code: str, at: str) -> None:
    found = only(space(line))
    assert (found.code, found.severity, found.span.text) == (code, "error", at)
    assert found.span.source.name == "search.yaml"
    assert found.span.position[0] == 2
    assert found.fixes == ()


@pytest.mark.parametrize(("line", "code", "at"), WRONG_ABOVE_IT)
def test_what_is_wrong_above_the_space_is_found_at_its_place(line: str, code: str, at: str) -> None:
    found = only(f"{line}\n{space(GOOD)}")
    assert (found.code, found.severity, found.span.text) == (code, "error", at)


def test_a_misspelt_key_has_its_suggestion() -> None:
    found = only(space("training.optimizer.learning_rat: {low: 0.1, high: 0.2}"))
    assert found.help == ("did you mean `learning_rate`?",)


def test_everything_is_found_at_once() -> None:
    lines = ("training.epochs: 5", "layers.0.filters: {low: 0, high: 2}", "name: {choices: [a, b]}")
    found = checked(f"sede: 1\n{space(*lines)}").diagnostics
    assert [one.code for one in found] == ["BNN102", "BNN120", "BNN106", "BNN121"]


def test_a_search_file_without_a_space_is_refused() -> None:
    assert only("seed: 1\n").code == "BNN120"
    assert only("space: {}\n").code == "BNN120"


def test_two_names_of_one_key_are_one_parameter() -> None:
    found = only(
        space(
            "layers[0].filters: {low: 1, high: 2}",
            "layers.conv2d.filters: {low: 1, high: 2}",
            "layers[-1].use_bias: {choices: [true, false]}",
        )
    )
    assert (found.code, found.span.text) == ("BNN120", "layers.conv2d.filters")


def test_a_spec_without_validation_rows_is_refused_at_its_data() -> None:
    found = only(
        space("training.epochs: {low: 1, high: 2}"), SPEC.replace(", validation_split: 0.2", "")
    )
    assert (found.code, found.span.source.name, found.span.text) == ("BNN122", "spec.yaml", "data")


def test_whether_a_range_has_fractions_follows_from_the_key() -> None:
    made = checked(
        space("training.epochs: {low: 1, high: 3}", "loss.kl.temperature: {low: 1, high: 2}")
    )
    assert made.ok
    assert made.space is not None
    epochs, temperature = made.space.variables
    assert (epochs.whole, epochs.grid()) == (True, (1, 2, 3))
    assert (temperature.whole, temperature.grid()) == (False, None)


def test_a_point_is_the_spec_with_its_values() -> None:
    made = checked(
        space(
            "training.optimizer: {choices: [{type: adam, learning_rate: 0.1}, {type: adamw}]}",
            "layers.head.use_bias: {choices: [true, false]}",
            "layers.0.filters: {low: 2, high: 8, step: 2}",
        )
    )
    assert made.space is not None
    optimizer, bias, _ = made.space.variables
    point = {
        optimizer.name: optimizer.labels[1],
        bias.name: bias.labels[1],
        "layers[0].filters": 6,
    }
    spec = made.at(point).accepted()
    assert spec.training.optimizer.type == "adamw"
    assert spec.training.optimizer.learning_rate == 0.02  # of the spec: mappings are merged
    assert getattr(spec.layers[0], "filters", None) == 6
    assert getattr(spec.layers[2], "use_bias", None) is False


def test_a_parameter_with_a_condition_is_checked_where_it_holds() -> None:
    search = space(
        "training.optimizer.type: {choices: [adam, sgd]}",
        "training.optimizer.momentum: {low: 0.1, high: 0.9, when: {training.optimizer.type: sgd}}",
    )
    made = checked(search)
    assert made.ok
    assert made.space is not None
    _, momentum = made.space.variables
    assert momentum.exists_in({"training.optimizer.type": "sgd"})
    assert not momentum.exists_in({"training.optimizer.type": "adam"})
    # Without its condition it is no key of the optimizer of the spec.
    assert only(space("training.optimizer.momentum: {low: 0.1, high: 0.9}")).code == "BNN102"


def test_warnings_refuse_a_point_where_the_search_says_so() -> None:
    line = "training.optimizer.learning_rate: {low: 1e-6, high: 0.1, log: true}"
    point = {"training.optimizer.learning_rate": 1e-6}
    lenient, strict = checked(space(line)), checked(f"refuse_warnings: BNN5\n{space(line)}")
    report = lenient.at(point)
    assert any(one.code.startswith("BNN5") for one in report.diagnostics)
    assert lenient.refusal(report) == ()
    assert {one.code[:4] for one in strict.refusal(report)} == {"BNN5"}


@pytest.mark.parametrize(
    "search",
    [
        *(space(line) for line, _, _ in WRONG_IN_SPACE),
        *(f"{line}\n{space(GOOD)}" for line, _, _ in WRONG_ABOVE_IT),
        *(f"{lines}\n{space(GOOD)}" for lines in RIGHT_LINES),
    ],
)
def test_the_schema_refuses_what_the_models_do_and_nothing_that_is_right(search: str) -> None:
    tree, _, found = read_search(Source("search.yaml", search, ""))
    assert tree is not None
    accepted = Draft202012Validator(make_search_schema()).is_valid(to_json(tree))
    assert not (accepted and found), "the schema accepts what the models refuse"
    assert accepted or not checked(search).ok, "the schema refuses what is right"


def test_the_schema_is_valid_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Draft202012Validator.check_schema(make_search_schema())
    assert run(["schema", "--search"]) == 0
    assert json.loads(capsys.readouterr().out) == make_search_schema()
