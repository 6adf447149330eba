"""`bnnc card`: what it says is what was measured, and Hugging Face reads its metadata."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml
from huggingface_hub import ModelCard

import bnnc
from bnnc.cli.app import run
from bnnc.reporting import card as cards
from bnnc.reporting import results as measuring
from bnnc.reporting.card import card_text
from bnnc.reporting.results import RunResults, measured
from bnnc.runtime.program import Program
from tests.support.tiny_program import arrays, document

Call = Callable[..., tuple[int, str, str]]

DIGITS: dict[str, Any] = {
    "name": "small",
    "description": "Digits | <b>8 × 8</b>, [not](http://a.link)",
    "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 10,
        "labels": "integer",
    },
    "training": {"epochs": 1, "batch_size": 128},
    "prediction": {"samples": 2},
    "data": {"source": "digits", "validation_split": 0.3},
    "evaluation": {"bootstrap": 20},
}


@pytest.fixture(scope="module")
def trained() -> Program:
    made = bnnc.compile(document(**DIGITS))
    made.fit(verbose=0)
    made.calibrate(sets={"method": "lac", "coverage": 0.8})
    return made


@pytest.fixture(scope="module")
def folder(trained: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs") / "run"
    trained.save(made)
    return made


@pytest.fixture(scope="module")
def results(trained: Program, folder: Path) -> RunResults:
    return measured(folder, trained, ood=["digits"])


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(one) for one in arguments])
        printed = capsys.readouterr()
        return code, printed.out, " ".join(printed.err.split())

    return call


def test_hugging_face_reads_the_figures_that_were_measured(results: RunResults) -> None:
    data: Any = ModelCard(card_text(results, "apache-2.0")).data
    assert data.library_name == "bnnc"
    assert data.license == "apache-2.0"
    assert data.pipeline_tag == "image-classification"
    assert "flipout" in data.tags
    assert data.model_name == "small"
    found = {one.metric_name: one for one in data.eval_results}
    error = results.evaluation.standard_errors["accuracy"]
    accuracy = found[f"accuracy (standard error {error:.2g})"]
    assert accuracy.metric_value == pytest.approx(results.evaluation["accuracy"], abs=1e-6)
    assert (accuracy.dataset_name, accuracy.dataset_split) == ("digits", "test")
    types = {one.metric_type: one.metric_value for one in data.eval_results}
    assert types["brier_score"] == pytest.approx(results.evaluation["brier"], abs=1e-6)
    assert types["set_coverage"] == pytest.approx(results.evaluation["set_coverage"], abs=1e-6)
    assert "baseline_accuracy" not in types
    # As Hugging Face would write it, it says the same.
    again = yaml.safe_load(data.to_yaml())["model-index"]
    _, metadata, _ = card_text(results).split("---\n", 2)
    assert again == yaml.safe_load(metadata)["model-index"]


def test_every_figure_has_its_row_with_its_standard_error(results: RunResults) -> None:
    text = card_text(results)
    evaluation = results.evaluation
    for name in ("accuracy", "nll", "ece", "mutual_information", "mean_set_size"):
        value = f"{evaluation[name]:.4f} ± {evaluation.standard_errors[name]:.4f}"
        assert f"| {name.replace('_', chr(92) + '_')} | {value} |" in text
    assert "360 test images of digits, 2 weight draws" in text


def test_the_spec_of_a_card_is_that_of_the_run(results: RunResults, tmp_path: Path) -> None:
    text = card_text(results)
    spec = text.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "spec.yaml").write_text(spec)
    report = bnnc.check(tmp_path / "spec.yaml")
    assert report.spec is not None
    assert report.spec.fingerprint() == results.program.spec.fingerprint()
    assert results.program.spec.fingerprint() in text


def test_limits_are_what_the_doctor_finds_and_what_was_not_measured(
    results: RunResults, trained: Program, folder: Path
) -> None:
    limits = card_text(results).partition("## Limits")[2].partition("##")[0]
    assert results.diagnosis.diagnostics
    for one in results.diagnosis.diagnostics:
        assert one.code in limits
    assert "None of its images is out of distribution" not in limits
    assert "is the data of the training: none of its images is out of distribution" in limits
    assert "bnnc card --shift" in limits
    assert "bnnc card --ood" not in limits
    assert "Out of distribution: 360 images of digits" in card_text(results)


def test_text_from_outside_is_shown_and_not_obeyed(results: RunResults) -> None:
    body = card_text(results).split("---\n", 2)[2].partition("```yaml")[0]
    assert "Digits \\| \\<b\\>8 × 8\\</b\\>, \\[not\\](http://a.link)" in body
    assert "<b>" not in body


def test_a_path_of_this_machine_is_not_on_the_card(
    results: RunResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = {**results.program.manifest["trained"], "data": "/home/me/secret/scans"}
    monkeypatch.setitem(results.program.manifest, "trained", trained)
    text = card_text(results)
    assert "/home/me" not in text
    assert "- data: scans\n" in text


def test_numbers_of_a_table_have_their_own_task() -> None:
    real = {"distribution": "normal", "parameterization": "loc", "scale": "learned"}
    made = bnnc.compile(
        document(
            input={"shape": [10]},
            layers=[{"type": "dense", "units": 1}],
            output={**real, "labels": "real", "standardize_labels": True},
            training={"epochs": 1, "batch_size": 64},
            data={"source": "diabetes"},
            evaluation={"bootstrap": 20},
        )
    )
    made.fit(verbose=0)
    made.manifest["identity"] = "0" * 32
    found = RunResults("run", made, [], (), made.evaluate(), 8, bnnc.doctor(made), None)
    made_metadata: dict[str, Any] = cards.metadata(found)
    assert made_metadata["pipeline_tag"] == "tabular-regression"
    metrics = made_metadata["model-index"][0]["results"][0]["metrics"]
    assert next(one for one in metrics if one["type"] == "rmse")["value"] > 0
    text = card_text(found)
    assert "`[rows, 10]`" in text
    assert "features: age, sex, bmi" in text
    assert "images" not in text.partition("## Reproducibility")[0].replace("images like", "")


def test_the_command_writes_a_card_and_leaves_other_files_alone(
    folder: Path,
    results: RunResults,
    called: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "measured", lambda *_, **__: results)
    file = tmp_path / "README.md"
    for _ in range(2):  # its own card is replaced
        code, out, err = called("card", folder, "-o", file)
        assert code == 0, err
        assert out == f"{file}: the card of {folder}\n"
    assert file.read_text().startswith("---\n# bnnc card")
    file.write_text("mine")
    code, _, err = called("card", folder, "-o", file)
    assert (code, "is not a model card of bnnc; choose another file" in err) == (2, True)
    assert file.read_text() == "mine"
    code, _, err = called("card", tmp_path / "nothing")
    assert (code, "does not exist" in err) == (2, True)


def test_a_run_on_arrays_asks_for_data(called: Call, tmp_path: Path) -> None:
    made = bnnc.compile(document(training={"epochs": 1}))
    made.fit(*arrays(), verbose=0)
    made.save(tmp_path / "run")
    code, _, err = called("card", tmp_path / "run", "-o", tmp_path / "README.md")
    assert (code, "There is no data to evaluate on" in err) == (2, True)
    assert not (tmp_path / "README.md").exists()


class _Hub:
    """A hub that takes what it is given."""

    given: dict[str, Any]

    def create_repo(self, repo_id: str, **how: Any) -> Any:
        self.given.update(repo_id=repo_id, **how)
        return type("Made", (), {"repo_id": repo_id})

    def upload_folder(self, **how: Any) -> None:
        folder = how["folder_path"]
        names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]
        patterns = how["allow_patterns"]
        self.given["files"] = sorted(one for one in names if any(fnmatch(one, p) for p in patterns))

    def upload_file(self, **how: Any) -> Any:
        self.given[how["path_in_repo"]] = Path(how["path_or_fileobj"]).read_text()
        return type("Done", (), {"commit_url": "https://hub/commit"})


def test_a_push_uploads_the_model_and_its_card_to_a_private_repository(
    folder: Path,
    results: RunResults,
    called: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "measured", lambda *_, **__: results)
    given: dict[str, Any] = {}
    monkeypatch.setattr(_Hub, "given", given, raising=False)
    monkeypatch.setattr(huggingface_hub, "HfApi", _Hub)
    file = tmp_path / "README.md"
    code, out, err = called("card", folder, "-o", file, "--push", "me/digits")
    assert code == 0, err
    assert "me/digits: https://hub/commit" in out
    assert (given["repo_id"], given["private"]) == ("me/digits", True)
    assert given["files"] == ["manifest.json", "model.keras", "model.py"]
    assert given["README.md"] == file.read_text()
    assert 'bnnc.load(snapshot_download("me/digits"))' in given["README.md"]

    def refused(*_: object, **__: object) -> None:
        raise ValueError("no such user")

    monkeypatch.setattr(_Hub, "create_repo", refused)
    code, _, err = called("card", folder, "-o", file, "--push", "me/digits")
    assert (code, "me/digits cannot be written: no such user" in err) == (2, True)
