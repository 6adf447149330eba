"""`bnnc export`: what it says, what it refuses, and that nothing is left half written."""

import importlib.util
import json
import shutil
import zipfile
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.cli.app import run
from bnnc.errors import ArgumentError, ExportError
from bnnc.runtime.exporting import export as exporting
from bnnc.runtime.exporting.checking import largest_difference
from bnnc.runtime.exporting.formats import FORMATS
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.program import Program
from tests.support.tiny_program import SHAPE, arrays, document, program

Run = Callable[..., tuple[int, str, str]]
IMAGES = arrays(5, seed=7)[0]


@pytest.fixture(scope="module")
def trained() -> Program:
    made = bnnc.compile(document("flipout", ensemble={"members": 2}))
    made.fit(*arrays(), epochs=1, verbose=0)
    return made


def predicted(one: Program, samples: int, seed: int, *, draws: bool = False) -> Prediction:
    made = one.predict(IMAGES, samples, seed=seed, draws=draws)
    assert isinstance(made, Prediction)
    return made


@pytest.fixture(scope="module")
def folder(trained: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs") / "run"
    trained.save(made)
    return made


@pytest.fixture
def bnnc_run(capsys: pytest.CaptureFixture[str]) -> Run:
    def called(*arguments: object) -> tuple[int, str, str]:
        code = run([str(one) for one in arguments])
        out = capsys.readouterr()
        return code, out.out, " ".join(out.err.split())

    return called


def test_onnx_says_what_it_is_and_predicts_what_predict_does(
    folder: Path, trained: Program, bnnc_run: Run, tmp_path: Path
) -> None:
    target = tmp_path / "onnx"
    asked = ("export", folder, "-o", target, "--format", "onnx", "--draws", 2, "--seed", 5)
    code, out, err = bnnc_run(*asked)
    assert code == 0, err
    assert "4, fixed, seed 5" in out
    assert "raw values from 0 to 16" in out
    said = json.loads((target / "description.json").read_text())
    assert said["checked"]["largest_difference"] < 1e-5
    assert said["draws"]["of_each_model"] == [2, 2]
    assert sorted(one.name for one in target.iterdir()) == ["description.json", "model.onnx"]

    import onnxruntime

    session = onnxruntime.InferenceSession(str(target / "model.onnx"))
    inside = json.loads(session.get_modelmeta().custom_metadata_map["bnnc"])
    assert inside == {key: value for key, value in said.items() if key != "checked"}
    [probs] = session.run(["probs"], {"images": IMAGES})
    np.testing.assert_allclose(probs, predicted(trained, 2, 5).probs, atol=1e-6)

    code, _, err = bnnc_run("export", folder, "-o", target)
    assert code == 2
    assert "holds an export in the format onnx; choose another folder" in err


def test_litert_has_the_description_in_its_file(
    folder: Path, bnnc_run: Run, tmp_path: Path
) -> None:
    target = tmp_path / "litert"
    asked = ("export", folder, "-o", target, "--format", "litert", "--draws", 1)
    code, out, err = bnnc_run(*asked, "--precision", "float16")
    assert code == 0, err
    assert "litert, float16" in out
    with zipfile.ZipFile(target / "model.tflite") as archive:
        assert json.loads(archive.read("description.json"))["precision"] == "float16"


def test_an_export_in_the_same_format_is_replaced(trained: Program, tmp_path: Path) -> None:
    for samples in (1, 2):
        trained.export(tmp_path / "new", samples=samples)
        said = json.loads((tmp_path / "new" / "description.json").read_text())
        assert said["draws"]["samples"] == 2 * samples
        assert tf.saved_model.load(str(tmp_path / "new")).signatures["predict"] is not None


def test_no_library_speaks_of_gradients(
    folder: Path, bnnc_run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code, _, err = bnnc_run("export", folder, "-o", tmp_path / "new", "--fresh", "--draws", 1)
    assert code == 0, err
    assert [one.getMessage() for one in caplog.records if "gradient" in one.getMessage()] == []


@pytest.fixture(scope="module")
def fresh(trained: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "fresh"
    made = trained.export(folder, fresh=True, samples=2)
    assert made.difference is not None
    assert made.difference < 1e-5
    assert "fresh at every call" in repr(made)
    return folder


def test_fresh_draws_differ_at_each_call_and_follow_a_seed(trained: Program, fresh: Path) -> None:
    loaded = tf.saved_model.load(str(fresh))
    images = tf.constant(IMAGES)
    calls = [loaded.signatures["predict"](images=images)["probs"].numpy() for _ in range(2)]
    assert not np.array_equal(*calls)
    draws = [loaded.signatures["draw"](images=images)["probs"].numpy() for _ in range(2)]
    assert not np.array_equal(*draws)
    np.testing.assert_allclose(draws[0].sum(axis=-1), 1, atol=1e-6)
    seeded = loaded.signatures["predict_seeded"](
        images=images, samples=tf.constant(3), seed=tf.constant(11)
    )
    np.testing.assert_allclose(seeded["probs"], predicted(trained, 3, 11).probs, atol=1e-6)


def test_the_mean_of_fresh_draws_is_the_prediction(trained: Program, fresh: Path) -> None:
    loaded = tf.saved_model.load(str(fresh))
    draw = loaded.signatures["draw"]
    drawn = np.stack([draw(images=tf.constant(IMAGES))["probs"] for _ in range(200)])
    many = predicted(trained, 1000, 1, draws=True)
    assert many.draws is not None
    error = drawn.std(axis=0) / np.sqrt(200) + many.draws.std(axis=0) / np.sqrt(2000)
    assert np.all(np.abs(drawn.mean(axis=0) - many.probs) < 5 * error)


def test_a_difference_is_an_error_and_leaves_nothing(
    folder: Path, bnnc_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "largest_difference", lambda *_, **__: 0.25)
    code, _, err = bnnc_run("export", folder, "-o", tmp_path / "new", "--draws", 1)
    assert code == 3
    assert "nothing was written" in err
    assert "differs from `program.predict` by 0.25" in err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_named_with_its_extra(
    folder: Path, bnnc_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "tf2onnx" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    code, _, err = bnnc_run("export", folder, "-o", tmp_path / "new", "--format", "onnx")
    assert code == 2
    assert "tf2onnx, which is not installed: `pip install 'bnnc[onnx]'`" in err


def test_without_the_runtime_it_says_that_nothing_was_compared(
    trained: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else real(name)
    )
    made = trained.export(tmp_path / "new", "onnx", samples=1)
    assert made.difference is None
    assert "not compared: its runtime is not installed" in repr(made)


def test_other_folders_are_left_alone(folder: Path, bnnc_run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    code, _, err = bnnc_run("export", folder, "-o", tmp_path)
    assert code == 2
    assert "a folder with other things in it" in err
    (tmp_path / "description.json").write_text("{}")
    code, _, err = bnnc_run("export", folder, "-o", tmp_path)
    assert code == 2
    assert "description.json that is not that of an export" in err
    code, _, err = bnnc_run("export", folder, "-o", folder)
    assert code == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["description.json", "notes.txt"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "onnx", "--fresh"), "onnx has no random operations"),
        (("--fresh", "--seed", "1"), "`--fresh` has no seed"),
        (("--precision", "int8"), "is for `--format litert`"),
    ],
)
def test_wishes_that_contradict_each_other(
    options: tuple[str, ...], said: str, folder: Path, bnnc_run: Run, tmp_path: Path
) -> None:
    code, _, err = bnnc_run("export", folder, "-o", tmp_path / "new", *options)
    assert code == 2
    assert said in err


def test_the_same_from_python(trained: Program, tmp_path: Path) -> None:
    contradictions: tuple[dict[str, Any], ...] = (
        {"format": "onnx", "fresh": True},
        {"fresh": True, "seed": 1},
        {"precision": "int8"},
        {"precision": "float8"},
        {"format": "torch"},
        {"samples": 0},
        {"seed": -1},
    )
    for wishes in contradictions:
        with pytest.raises(ArgumentError):
            trained.export(tmp_path / "new", **wishes)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_damaged_or_untrained_is_refused(
    folder: Path, bnnc_run: Run, tmp_path: Path
) -> None:
    built = tmp_path / "built"
    program("flipout").save(built)
    code, _, err = bnnc_run("export", built, "-o", tmp_path / "new")
    assert code == 2
    assert "was built and never trained" in err
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    (damaged / "members" / "1" / "model.keras").write_bytes(b"PK")
    code, _, err = bnnc_run("export", damaged, "-o", tmp_path / "new")
    assert code == 2
    assert "cannot be loaded as a model" in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_an_operation_that_a_format_does_not_have_is_named_with_its_layer(
    form: str, tmp_path: Path
) -> None:
    @tf.function(input_signature=[tf.TensorSpec((None, *SHAPE), tf.float32, "images")])
    def predict(images: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.name_scope("strange_layer"):
            return {"probs": tf.math.betainc(images, images, images)}

    with pytest.raises(
        ExportError, match=r"`Betainc` of TensorFlow, which the layer `strange_layer`"
    ):
        FORMATS[form].write(tmp_path, predict, "{}", "float32", {"strange_layer"})


def test_draws_that_do_not_fit_are_refused_with_the_way_out(
    trained: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnnc.runtime.exporting.folding.MOST_BYTES", 100)
    with pytest.raises(ExportError, match="export fewer draws"):
        trained.export(tmp_path / "new", samples=2)
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_exported_too(tmp_path: Path) -> None:
    sections: dict[str, Any] = {
        "training": {"batch_size": 8, "epochs": 1, "precision": "mixed_float16"}
    }
    made = program("reparameterization", **sections).export(tmp_path / "half", samples=1)
    assert made.difference is not None
    assert made.difference < 1e-5


@pytest.mark.parametrize("form", ["saved-model", "onnx", "litert", "fresh"])
def test_a_table_is_compared_on_rows_like_those_of_the_training(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(3)
    rows = generator.normal([1000.0, -0.02], [5.0, 0.001], size=(60, 2)).astype(np.float32)
    labels = (rows[:, 0] > 1000).astype(np.int64)
    layers = [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 3}]
    made = bnnc.compile(document("flipout", input={"shape": [2]}, layers=layers))
    made.fit(rows, labels, epochs=1, verbose=0)
    compared = largest_difference
    given = []

    def watched(run: Any, *arguments: Any, **options: Any) -> float:
        def kept(images: Any) -> Any:
            given.append(images)
            return run(images)

        return compared(kept, *arguments, **options)

    monkeypatch.setattr(exporting, "largest_difference", watched)
    how: dict[str, Any] = {"fresh": True} if form == "fresh" else {"format": form}
    written = made.export(tmp_path / "new", samples=2, **how)
    assert written.difference is not None
    assert written.difference < 1e-5
    # Noise of up to three standard deviations: of 16 normal numbers none is beyond 5.
    z = (given[0] - rows.mean(axis=0)) / rows.std(axis=0)
    assert np.abs(z).max() < 3 * 5
    assert np.all(z.std(axis=0) > 0.5)
    said = written.description["input"]
    assert (said["name"], said["shape"]) == ("features", ["rows", 2])
    assert "value_range" not in said
    assert "features [rows, 2], raw values\n" in repr(written)
    assert "checked       8 rows in " in repr(written)
    if form in ("saved-model", "fresh"):
        signature = tf.saved_model.load(str(tmp_path / "new")).signatures["predict"]
        assert signature(features=tf.constant(rows))["probs"].shape == (60, 3)
