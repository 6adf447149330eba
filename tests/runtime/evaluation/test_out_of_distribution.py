"""Other images are told from the test images, named, and refused where the model cannot read them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from PIL import Image

import bnnc
from bnnc.errors import ArgumentError, DataError
from bnnc.runtime.evaluation.evaluate import evaluate
from bnnc.runtime.evaluation.out_of_distribution import detection_of, scores_of
from tests.runtime.evaluation.test_program_figures import KINDS, made, rows
from tests.support.tiny_program import CLASSES, SHAPE, arrays, document, program, shared_program


def archive(path: Path, seed: int = 0, **more: Any) -> Path:
    images, labels = arrays(30, seed=seed)
    test, test_labels = arrays(10, seed=seed + 100)
    parts = {"x_train": images, "y_train": labels, "x_test": test, "y_test": test_labels, **more}
    np.savez(path, **{name: one for name, one in parts.items() if one is not None})
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_detection_is_scikit_learns_of_the_predictions_scores(kind: str) -> None:
    whole = made(kind)
    noise = np.random.default_rng(0).uniform(0, 16, (25, *SHAPE)).astype(np.float32)
    evaluation = whole.evaluate(*rows(kind), samples=4, ood={"noise": noise}, bootstrap=20)
    found = evaluation.ood["noise"]
    assert (found["rows"], found["share"]) == (25, 25 / 65)
    assert found["is_training_data"] is None
    known = scores_of(whole._predictor, rows(kind)[0], 4, None)
    other = scores_of(whole._predictor, noise, 4, None)
    assert set(found["scores"]) == set(known)
    is_other = np.repeat([False, True], [40, 25])
    for name, received in found["scores"].items():
        both = np.concatenate([known[name], other[name]])
        assert received["auroc"] == pytest.approx(sklearn.metrics.roc_auc_score(is_other, both))
        expected = sklearn.metrics.average_precision_score(is_other, both)
        assert received["average_precision"] == pytest.approx(expected)
        assert set(received["standard_errors"]) == {"auroc", "average_precision", "fpr95"}
        histogram = received["histogram"]
        assert len(histogram["edges"]) == len(histogram["test"]) + 1
        assert sum(histogram["test"]) == pytest.approx(1)
        assert sum(histogram["other"]) == pytest.approx(1)


def test_the_scores_of_classes_are_those_of_the_prediction() -> None:
    whole = shared_program("flipout")
    images, labels = arrays(12)
    _, scores, _ = evaluate(whole._predictor, images, labels, 4, 0, resamples=0)
    assert list(scores) == ["confidence", "entropy", "mutual_information", "energy"]
    again = scores_of(whole._predictor, images, 4, 0)
    for name, values in scores.items():
        np.testing.assert_allclose(values, again[name], atol=1e-6)
    one_draw = scores_of(shared_program("none")._predictor, images, 4, 0)
    assert list(one_draw) == ["confidence", "entropy", "energy"]


def test_models_without_logits_have_no_energy() -> None:
    output = {**document()["output"], "parameterization": "probs"}
    layers = [{"type": "flatten"}, {"type": "dense", "units": CLASSES, "activation": "softmax"}]
    whole = program("none", output=output, layers=layers)
    assert "energy" not in scores_of(whole._predictor, arrays(5)[0], 1, 0)


def test_the_same_scores_are_at_chance() -> None:
    values = np.random.default_rng(0).random(50)
    made = detection_of({"entropy": values}, {"entropy": values}, resamples=200)["entropy"]
    assert made["auroc"] == 0.5
    # Of two sets of n images without ties: sqrt((2 n + 1) / (12 n²)).
    expected = np.sqrt(101 / (12 * 2500))
    assert made["standard_errors"]["auroc"] == pytest.approx(expected, rel=5 / np.sqrt(400))


def test_data_is_named_by_its_digest(tmp_path: Path) -> None:
    archive(tmp_path / "own.npz")
    archive(tmp_path / "copy.npz")
    archive(tmp_path / "other.npz", seed=1)
    split = {"source": str(tmp_path / "own.npz"), "validation_split": 0.2}
    whole = program("none", data=split)
    whole.fit(epochs=1, verbose=0)
    assert whole.evaluate(bootstrap=0).notes == ()
    assert whole.evaluate(tmp_path / "copy.npz", bootstrap=0).notes == ()
    [note] = whole.evaluate(tmp_path / "other.npz", bootstrap=0).notes
    assert note.startswith(f"{tmp_path / 'other.npz'} is not the data of the training, which was")
    assert str(tmp_path / "own.npz") in note
    found = whole.evaluate(ood=[tmp_path / "copy.npz", tmp_path / "other.npz"], bootstrap=0)
    assert [one["is_training_data"] for one in found.ood.values()] == [True, False]
    [note] = found.notes
    assert note.startswith(f"{tmp_path / 'copy.npz'} is the data of the training")
    assert [one["rows"] for one in found.ood.values()] == [10, 10]  # the test images
    archive(tmp_path / "own.npz", seed=1)
    for said in (None, tmp_path / "own.npz"):
        [note] = whole.evaluate(said, bootstrap=0).notes
        assert note.startswith(f"{tmp_path / 'own.npz'} has changed since the training")


def test_validation_rows_of_python_do_not_make_it_changed_data(tmp_path: Path) -> None:
    whole = program("none")
    validation = arrays(5, seed=2)
    whole.fit(archive(tmp_path / "own.npz"), epochs=1, verbose=0, validation_data=validation)
    assert whole.evaluate(bootstrap=0).notes == ()


def test_a_share_held_out_by_fit_does_not_make_it_other_data(tmp_path: Path) -> None:
    whole = program("none")
    whole.fit(archive(tmp_path / "own.npz"), epochs=1, verbose=0, validation_split=0.3)
    assert whole.evaluate(archive(tmp_path / "copy.npz"), bootstrap=0).notes == ()
    whole.save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved")
    assert loaded.evaluate(tmp_path / "copy.npz", bootstrap=0).notes == ()


def test_images_without_labels_are_taken_as_predict_takes_them(tmp_path: Path) -> None:
    whole = shared_program("none")
    seen = arrays(8)
    images = np.random.default_rng(0).integers(0, 17, (5, *SHAPE)).astype(np.uint8)
    np.save(tmp_path / "array.npy", images)
    np.savez(tmp_path / "alone.npz", x_test=images)
    (tmp_path / "folder").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(tmp_path / "folder" / f"{number}.png")
    sources = [tmp_path / name for name in ("array.npy", "alone.npz", "folder")]
    found = whole.evaluate(*seen, ood=sources, bootstrap=0).ood
    first, *rest = (one["scores"] for one in found.values())
    assert rest == [first, first]
    assert whole.evaluate(*seen, ood=tmp_path / "array.npy", bootstrap=0).ood.keys() == {
        str(tmp_path / "array.npy")
    }


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.ones((3, 5, 6, 1)), "the model reads 6 × 6 × 1. Resize them"),
        (np.linspace(0, 255, 108).reshape(3, *SHAPE), "values run from 0 to 255"),
        (np.full((3, *SHAPE), np.nan), "finite"),
        (np.array([["a"]]), "expected numbers"),
    ],
)
def test_images_that_the_model_cannot_read_are_refused(images: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match="images 0") as refused:
        shared_program("none").evaluate(*arrays(5), ood=[images])
    assert words in str(refused.value)


def test_other_arguments_are_refused(tmp_path: Path) -> None:
    whole = shared_program("none")
    with pytest.raises(ArgumentError, match="a source, a list of sources"):
        whole.evaluate(*arrays(5), ood=3)
    with pytest.raises(DataError, match="neither a known name nor an existing path"):
        whole.evaluate(*arrays(5), ood=str(tmp_path / "nowhere"))
    archive(tmp_path / "small.npz", x_test=np.ones((10, 5, 5)), x_train=np.ones((30, 5, 5)))
    with pytest.raises(DataError, match="Resize them to that"):
        whole.evaluate(*arrays(5), ood=tmp_path / "small.npz")
