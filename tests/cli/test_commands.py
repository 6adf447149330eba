"""Every command, on real input and on wrong use, as a shell would see it."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bnnc.cli.app import run

GALLERY = Path(__file__).parents[2] / "specs" / "gallery"
DIGITS = str(GALLERY / "digits-flipout.yaml")

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Run a command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run_it(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    assert run(["train", DIGITS, "--run", str(folder), "--epochs", "3"]) == 0
    return folder


def test_check_of_the_gallery_is_clean(shell: Shell) -> None:
    code, out, _ = shell("check", *sorted(GALLERY.glob("*.yaml")))
    assert code == 0
    assert out == f"{len(list(GALLERY.glob('*.yaml')))} specs checked, no findings\n"


def test_check_exits_with_1_and_prints_the_findings_on_standard_output(
    shell: Shell, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(DIGITS).read_text().replace("units: 10,", "units: 9,"))
    code, out, err = shell("check", "bad.yaml")
    assert (code, err) == (1, "")
    assert out.startswith("error[BNN204]: the last layer outputs 9 numbers")
    assert out.endswith("1 error in 1 file\n")
    assert "\x1b" not in out


def test_check_reads_standard_input(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(DIGITS).read_bytes())))
    assert shell("check", "-") == (0, "1 spec checked, no findings\n", "")


@pytest.mark.parametrize("command", ["check", "plan", "build", "train"])
def test_a_missing_spec_is_wrong_use(shell: Shell, command: str) -> None:
    more = ["-o", "out"] if command == "build" else []
    code, out, err = shell(command, "nowhere.yaml", *more)
    assert (code, out) == (2, "")
    assert err == "error: nowhere.yaml does not exist\n"


def test_a_spec_with_errors_is_not_built(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("bnnc: 1\n")
    code, out, err = shell("build", "bad.yaml", "-o", "out")
    assert (code, out) == (1, "")
    assert "error[BNN103]" in err
    assert not (tmp_path / "out").exists()


def test_explain_prints_pages_of_rules_by_code_and_name_and_of_fields(shell: Shell) -> None:
    _, by_code, _ = shell("explain", "bnn301")
    _, by_name, _ = shell("explain", "softmax-output-read-as-logits")
    assert by_code == by_name
    assert by_code.startswith("# BNN301: softmax-output-read-as-logits (error)\n")
    assert "1.461 nats" in by_code
    code, field, _ = shell("explain", "training.seed")
    assert code == 0
    assert "from 0 to 2,147,483,647" in field
    assert "Default: 0" in field
    _, section, _ = shell("explain", "loss.kl")
    assert "  loss.kl.temperature    Multiplies the weight" in section


def test_explain_suggests_what_was_meant(shell: Shell) -> None:
    code, _, err = shell("explain", "loss.kl.wieght")
    assert code == 2
    assert "did you mean `loss.kl.weight`" in err


def test_schema_prints_the_committed_file(shell: Shell) -> None:
    code, out, err = shell("schema")
    assert (code, err) == (0, "")
    assert out == (GALLERY.parent / "bnnc.schema.json").read_text(encoding="utf-8")


def test_plan_prints_every_layer_and_the_totals(shell: Shell) -> None:
    code, out, _ = shell("plan", DIGITS)
    assert code == 0
    assert "VariationalConv2D" in out
    # conv 3·3·1·16, conv 3·3·16·32 and dense 512·10 have a posterior: 144 + 4,608 + 5,120.
    assert "9,872 weights" in out


@pytest.mark.parametrize(
    ("layer", "before"),
    [
        ("first", "the backbone runs"),
        ("second", "the backbone and 1 kernel run"),
        ("head", "the backbone and 2 kernels run"),
    ],
)
def test_plan_says_what_runs_once_for_all_draws(
    shell: Shell, tmp_path: Path, layer: str, before: str
) -> None:
    text = """\
bnnc: 1
name: backbone
input: {shape: [64, 64, 3]}
layers:
  - {type: backbone, application: VGG16, weights: none, pooling: avg}
  - {type: dense, units: 8, activation: relu, name: first}
  - {type: dense, units: 8, activation: relu, name: second}
  - {type: dense, units: 10, name: head}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
bayesian: {method: none}
"""
    spec = tmp_path / "backbone.yaml"
    spec.write_text(text)
    assert "first random layer" not in shell("plan", str(spec))[1]
    method = f"bayesian={{method: flipout, layers: [{layer}]}}"
    _, out, _ = shell("plan", str(spec), "--set", method)
    assert f"{layer}; before it {before} once for all draws" in out


@pytest.mark.parametrize("family", ["normal", "student_t", "scale_mixture"])
def test_plan_says_of_a_kl_without_a_closed_form_that_it_is_estimated(
    shell: Shell, family: str
) -> None:
    _, out, _ = shell("plan", DIGITS, "--set", f"bayesian.prior={{distribution: {family}}}")
    (kl,) = (line for line in out.splitlines() if "KL at the start" in line)
    assert ("in training a Monte Carlo estimate" in kl) == (family != "normal")


@pytest.mark.parametrize("stage", ["tree", "spec", "plan"])
def test_emitted_stages_are_json(shell: Shell, stage: str) -> None:
    code, out, _ = shell("build", DIGITS, "--emit", stage)
    assert code == 0
    assert json.loads(out)["name"] == "digits-flipout"


def test_build_writes_three_files_and_replaces_its_own_folder_only(
    shell: Shell, tmp_path: Path
) -> None:
    for _ in range(2):
        code, out, _ = shell("build", DIGITS, "-o", "out")
        assert code == 0
        assert out == "out: model.py, model.keras, manifest.json\n"
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == ["manifest.json", "model.keras", "model.py"]
    _, emitted, _ = shell("build", DIGITS, "--emit", "python")
    assert (tmp_path / "out" / "model.py").read_text() == emitted
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    code, _, err = shell("build", DIGITS, "-o", "mine")
    assert code == 2
    assert "mine exists and is a folder with other things in it" in err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_train_writes_one_line_of_metrics_an_epoch(trained: Path) -> None:
    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert lines[-1]["accuracy"] > 0.9
    manifest = json.loads((trained / "manifest.json").read_text())
    assert manifest["trained"]["kl_weight"] == pytest.approx(1 / 1437)


def test_a_built_folder_can_be_trained(shell: Shell) -> None:
    shell("build", DIGITS, "-o", "built")
    code, out, err = shell("train", "built", "--run", "run", "--epochs", "1")
    assert code == 0
    assert out.endswith("Evaluate it with:\n\n    bnnc evaluate run\n")
    *_, note, draws, epoch = err.splitlines()
    assert note.startswith("note: the KL weight rises from 0, ")
    assert draws.startswith("note: the accuracy in training is that of single weight draws")
    assert epoch.startswith("epoch 1/1  loss")


def test_a_run_on_data_without_test_images_says_that_evaluating_takes_others(
    shell: Shell, tmp_path: Path
) -> None:
    digits = load_digits()
    images, labels = digits.images[:64].astype(np.float32), digits.target[:64]
    np.savez(tmp_path / "own.npz", x_train=images, y_train=labels)
    options = ("--data", "own.npz", "--run", "run", "--epochs", "1")
    code, out, _ = shell("train", DIGITS, *options)
    assert code == 0
    assert "own.npz has no test images; evaluate it on data that has them:" in out
    assert out.endswith("\n\n    bnnc evaluate run --data SOURCE\n")


def test_a_run_is_neither_overwritten_nor_trained_twice(shell: Shell, trained: Path) -> None:
    before = (trained / "model.keras").read_bytes()
    code, _, err = shell("train", DIGITS, "--run", trained)
    assert code == 2
    assert "--resume" in err
    code, _, err = shell("train", trained)
    assert code == 2
    assert "--resume" in err
    code, out, _ = shell("train", "--resume", trained)
    assert code == 0
    assert "nothing to resume" in out
    assert (trained / "model.keras").read_bytes() == before


def test_data_of_another_shape_is_refused_before_a_run_folder_appears(
    shell: Shell, tmp_path: Path
) -> None:
    np.savez(tmp_path / "small.npz", x_train=np.zeros((4, 5, 5)), y_train=np.arange(4))
    code, _, err = shell("train", DIGITS, "--data", "small.npz", "--run", "run")
    assert code == 2
    assert "height 5 instead of 8" in err
    assert not (tmp_path / "run").exists()


def test_predict_says_the_same_in_every_format(shell: Shell, trained: Path, tmp_path: Path) -> None:
    images = load_digits().images[:5].astype(np.uint8)
    np.save(tmp_path / "images.npy", images)
    folder = tmp_path / "images"
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index}.png")

    code, text, _ = shell("predict", trained, "images.npy")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["class"] for row in rows] == ["0", "1", "2", "3", "4"]
    for row in rows:
        probs = [float(row[f"probability_{number}"]) for number in range(10)]
        assert max(probs) == float(row["confidence"])
        assert abs(sum(probs) - 1) < 1e-5
    _, narrow, _ = shell("predict", trained, "images.npy", "--no-probabilities")
    assert "probability" not in narrow

    _, lines, _ = shell("predict", trained, "images", "--format", "jsonl")
    assert [json.loads(line)["confidence"] for line in lines.splitlines()] == [
        float(row["confidence"]) for row in rows
    ]
    _, one, _ = shell("predict", trained, folder / "3.png")
    assert next(csv.DictReader(io.StringIO(one)))["label"] == "3"

    assert shell("predict", trained, "images.npy", "-o", "out.npz")[0] == 0
    with np.load(tmp_path / "out.npz", allow_pickle=False) as saved:
        arrays = dict(saved)
    assert arrays["probs"].shape == (5, 10)
    assert "draws" not in arrays
    assert shell("predict", trained, "images.npy", "-o", "draws.npz", "--draws")[0] == 0
    with np.load(tmp_path / "draws.npz", allow_pickle=False) as saved:
        np.testing.assert_allclose(saved["draws"].mean(axis=0), saved["probs"], atol=1e-6)
    code, _, err = shell("predict", trained, "images.npy", "--draws")
    assert code == 2
    assert "-o FILE.npz" in err
    np.testing.assert_allclose(arrays["probs"].sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(
        arrays["mutual_information"],
        np.maximum(arrays["entropy"] - arrays["expected_entropy"], 0),
        atol=1e-7,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("build", DIGITS), "-o DIR"),
        (("train", "--resume", "spec.yaml"), "there is no run spec.yaml"),
        (("evaluate", "nowhere"), "nowhere does not exist: expected a folder that `bnnc build`"),
        (("predict", "nowhere", "x", "-o", "x.xlsx"), "--format csv|jsonl|parquet|npz"),
        (("predict", "nowhere", "x", "-f", "parquet"), "parquet is not text"),
        (("trian",), "Did you mean 'train'?"),
        (("train", DIGITS, "--epochs", "0"), "0 is not in the range"),
    ],
)
def test_wrong_use_says_what_to_do_instead(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = shell(*arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err


def test_a_diverging_training_ends_with_3_and_the_last_good_epoch(
    shell: Shell, tmp_path: Path
) -> None:
    text = Path(DIGITS).read_text()
    rate = "{type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0.02}}"
    assert rate in text
    (tmp_path / "hot.yaml").write_text(text.replace(rate, "{type: sgd, learning_rate: 1000000.0}"))
    code, _, err = shell("train", "hot.yaml", "--run", "hot")
    assert code == 3
    assert "diverged" in err
    assert "learning_rate" in err


def test_a_bug_ends_with_70_and_the_command_that_shows_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a gear is missing")

    monkeypatch.setattr("bnnc.compiler.planning.make_plan.make_plan", broken)
    code, _, err = shell("plan", DIGITS)
    assert code == 70
    assert "a gear is missing" in err
    assert f"bnnc plan {DIGITS}" in err


@pytest.mark.parametrize("data", ["kmnist", "nowhere/data.npz", "table.json"])
def test_data_is_looked_at_before_tensorflow_starts(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    (tmp_path / "table.json").write_text("[1, 2]\n")
    for module in ("train", "evaluate"):
        monkeypatch.setattr(f"bnnc.cli.{module}.user_errors", None)  # which imports it
    for command in (("train", DIGITS), ("evaluate", "run")):
        code, out, err = shell(*command, "--data", data)
        assert (code, out) == (2, "")
        assert err.splitlines()[-1].startswith(f"error: {data}: ")
    Path("own.yaml").write_text(
        Path(DIGITS).read_text().replace("source: digits", f"source: {data}")
    )
    code, out, err = shell("train", "own.yaml")
    assert (code, out) == ((1, "") if data == "table.json" else (2, ""))
    assert "[BNN26" in err


@pytest.mark.filterwarnings("default::bnnc.SpecWarning")
def test_train_says_what_its_data_shows_once_and_in_the_form_of_check(
    shell: Shell, tmp_path: Path
) -> None:
    digits = load_digits()
    images, labels = digits.images[:50, ..., None], digits.target[:50]
    np.savez("own.npz", allow_pickle=False, x_train=images / 16, y_train=labels)
    code, _, err = shell("train", DIGITS, "--data", "own.npz", "--epochs", "1")
    assert code == 0
    assert "source: digits" not in err
    assert (
        err.count("warning[BNN264]: `own.npz` has values from 0 to 1, but `value_range` is [0, 16]")
        == 1
    )
    assert "SpecWarning" not in err
    assert len(re.findall(r"^warning\[", err, re.MULTILINE)) == len(
        set(re.findall(r"^warning.*", err, re.MULTILINE))
    )
