"""Programs: what `fit`, `predict` and `evaluate` take, and what they say of the rest."""

import copy
import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import bnnc
from bnnc.errors import DivergedError
from bnnc.runtime.data import DataError, Dataset, Split
from bnnc.runtime.preparation import load_dataset, prepare_dataset
from tests.support.predictions import of_classes
from tests.support.tiny_program import CLASSES, arrays, document, program, shared_program

# One layer, where a training is about what is around it.
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]


def test_labels_are_encoded_as_the_spec_says() -> None:
    images, indices = arrays(20)
    one_hot = {
        "distribution": "one_hot_categorical",
        "parameterization": "logits",
        "classes": CLASSES,
        "labels": "one_hot",
    }
    histories = []
    for labels in (indices, indices[:, np.newaxis], np.eye(CLASSES)[indices]):
        for output in (document()["output"], one_hot):
            made = program("none", layers=LAYERS, output=output)
            histories.append(made.fit(images, labels, epochs=1).history["loss"][0])
    assert histories == pytest.approx([histories[0]] * 6, rel=1e-6)


def test_evaluate_gives_the_metrics_of_its_own_predictions() -> None:
    images, labels = arrays(30, seed=5)
    made = shared_program("flipout")
    received = made.evaluate(images, labels, samples=4)
    prediction = of_classes(made.predict(images, 4))
    assert received["accuracy"] == np.mean(prediction.label == labels)
    assert received["rows"] == 30
    assert made.evaluate(images, np.eye(CLASSES)[labels], samples=4) == received


def test_predict_takes_samples_and_seed_of_the_spec_by_default() -> None:
    images, _ = arrays(3)
    made = shared_program("flipout")
    default, said = of_classes(made.predict(images)), of_classes(made.predict(images, 8, seed=3))
    assert default.samples == 8
    np.testing.assert_array_equal(default.probs, said.probs)


def test_the_validation_split_of_the_spec_is_not_trained_on() -> None:
    made = program(layers=LAYERS, data={"source": "some.npz", "validation_split": 0.25})
    dataset = Dataset("some", Split(*arrays(40)), None, ("a", "b", "c"), "made up")
    prepared = prepare_dataset(made.spec, dataset, "some")
    assert prepared.validation is not None
    assert (prepared.train.rows, prepared.validation.rows) == (30, 10)
    history = made.train(prepared, epochs=1)
    assert made.manifest["trained"] == {
        "data": "some",
        "digest": prepared.digest(),
        "rows": 30,
        "validation_rows": 10,
        "epochs": 1,
        "batch_size": 8,
        "kl_weight": 1 / 30,
        "class_names": ["a", "b", "c"],
    }
    assert np.isfinite(history.history["val_loss"][0])


def test_distribution_wraps_the_parameters_of_one_draw() -> None:
    distribution = shared_program("flipout").distribution(arrays(4)[0])
    assert distribution.batch_shape == (4,)
    first, second = (shared_program("flipout").distribution(arrays(4)[0]) for _ in range(2))
    assert not np.array_equal(first.logits, second.logits)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((4, 5, 6, 1)) + np.arange(6)[:, None], np.zeros(4), "height 5 instead of 6"),
        (np.full((4, 6, 6, 1), np.nan), np.zeros(4), "is nan"),
        (arrays(4)[0] * 100, np.zeros(4), "Expected values in `value_range: \\[0, 16\\]`"),
        (arrays(4)[0], np.zeros(3), "4 images, but 3 labels"),
        (arrays(4)[0], np.full(4, 3), "labels run 0..2"),
        (arrays(4)[0], np.zeros((4, 2)), "Received: 2 columns"),
        (arrays(4)[0].astype(str), np.zeros(4), "expected numbers"),
    ],
)
def test_arrays_that_cannot_be_trained_on_are_refused(
    images: Any, labels: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        shared_program("none").fit(images, labels)


def dataset_of(images: Any, labels: Any) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((images, labels))


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (lambda: dataset_of(*arrays(8)).batch(4).repeat(), "repeats without end"),
        (lambda: dataset_of(*arrays(8)), "batch the dataset before it is passed"),
        (lambda: tf.data.Dataset.from_tensor_slices(arrays(8)[0]), r"batches of \(images, labels"),
        (lambda: dataset_of(*arrays(8)).batch(4).take(0), "is empty"),
        (lambda: dataset_of(arrays(8)[0], np.eye(3)[arrays(8)[1]]).batch(4), "encode its labels"),
        (lambda: dataset_of(arrays(8)[0], np.full(8, 7)).batch(4), "labels run 0..2"),
    ],
)
def test_datasets_that_cannot_be_trained_on_are_refused(dataset: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        shared_program("none").fit(dataset())


def test_what_is_missing_is_asked_for() -> None:
    made = shared_program("none")
    with pytest.raises(bnnc.ArgumentError, match="The spec names no data"):
        made.fit()
    with pytest.raises(
        bnnc.ArgumentError, match=r"fit\(images, labels\)\. Received: a ndarray of shape"
    ):
        made.fit(arrays(4)[0])
    with pytest.raises(
        bnnc.ArgumentError, match=r"Received: a tuple of 2; unpack it .* fit\(\*data\)"
    ):
        made.fit(arrays(4))
    with pytest.raises(bnnc.ArgumentError, match="There is no data to evaluate on"):
        made.evaluate()
    with pytest.raises(bnnc.ArgumentError, match="Received: epochs=0"):
        made.fit(*arrays(4), epochs=0)


def test_a_single_image_is_asked_for_its_batch_axis() -> None:
    image = arrays(1)[0][0]
    with pytest.raises(DataError, match=r"a single image.*images\[np\.newaxis\]"):
        shared_program("none").predict(image)
    with pytest.raises(DataError, match=r"images\[np\.newaxis, \.\.\., np\.newaxis\]"):
        shared_program("none").predict(image[..., 0])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (arrays(4)[0], np.full(4, 3), "labels run 0..2; row 0 has 3"),
        (arrays(4)[0], np.full(4, 0.5), "Expected whole numbers"),
        (arrays(4)[0], np.eye(3)[arrays(4)[1]], r"`labels: integer`\. Expected shape \[4\]"),
        (arrays(4)[0], arrays(4)[1][:, None], r"Received: shape \[4, 1\]"),
        (arrays(4)[0][0], arrays(4)[1], "the images have 3 axes"),
    ],
)
def test_a_batch_that_the_spec_does_not_describe_is_refused(
    images: Any, labels: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        shared_program("none").train_step(images, labels)


def test_data_without_test_images_is_told_how_to_add_them(tmp_path: Path) -> None:
    made = shared_program("none")
    images, labels = arrays(6)
    np.savez(tmp_path / "small.npz", x_train=images, y_train=labels)
    with pytest.raises(
        bnnc.ArgumentError, match="no test images .* add the arrays `x_test` and `y_test`"
    ):
        made.evaluate(tmp_path / "small.npz")
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "folder" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0].astype(np.uint8)).save(folder / f"{index}.png")
    with pytest.raises(
        bnnc.ArgumentError, match="move the class folders into train/, and put test images"
    ):
        made.evaluate(tmp_path / "folder")


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5])
def test_a_seed_out_of_range_is_refused(seed: Any) -> None:
    with pytest.raises(bnnc.ArgumentError, match="Expected `seed` to be an integer"):
        shared_program("flipout").predict(arrays(2)[0], seed=seed)


def test_a_path_in_the_spec_starts_at_the_spec(tmp_path: Path) -> None:
    images, labels = arrays(20)
    np.savez(tmp_path / "bands.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    spec = tmp_path / "spec.json"
    spec.write_text(
        json.dumps(document("none", layers=LAYERS, data={"source": "bands.npz"})), encoding="utf-8"
    )
    made = bnnc.compile(spec)
    made.fit(epochs=1)
    assert made.manifest["trained"]["data"] == str(tmp_path / "bands.npz")
    assert made.evaluate()["rows"] == 20


def test_a_training_that_diverges_says_so_and_what_to_try() -> None:
    wild = {"optimizer": {"type": "sgd", "learning_rate": 1e6}, "batch_size": 8}
    with pytest.raises(DivergedError, match="A smaller `learning_rate`"):
        program("reparameterization", training=wild).fit(*arrays(20), epochs=20)


def test_a_second_training_has_a_schedule_of_its_own_and_the_warm_up_of_the_first() -> None:
    decay = {"type": "cosine_decay", "initial_learning_rate": 0.01}
    made = program(
        "flipout",
        layers=LAYERS,
        training={"optimizer": {"type": "adam", "learning_rate": decay}, "batch_size": 8},
        loss={"kl": {"warmup_epochs": 2}},
    )
    images, labels = arrays(20)
    made.fit(images, labels, epochs=2)
    rate = made.model.optimizer.learning_rate
    assert float(rate) == 0  # the first training has decayed to its end
    before = made.model.get_weights()
    made.fit(images, labels, epochs=2)
    changes = [
        abs(one - other).max() for one, other in zip(before, made.model.get_weights(), strict=True)
    ]
    assert max(changes) > 0.005
    assert made.model.steps_taken == 12
    assert made.model.objective.first_step == 0
    assert float(made.model.objective.weight(tf.constant(6))) == pytest.approx(1 / 20)


def test_a_named_source_is_known_by_its_name_where_a_folder_has_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_dataset("digits")[1] == "digits"


def test_other_images_have_another_digest() -> None:
    made = program()
    images, labels = arrays(20)
    one = made.prepare(images, labels).digest()
    assert made.prepare(images.copy(), labels).digest() == one
    images = images.copy()
    images[3, 1, 1] += 1
    assert made.prepare(images, labels).digest() != one


def test_a_training_asks_the_rules_again_with_its_rows_and_says_each_thing_once() -> None:
    images, labels = arrays(20)
    made = program("none", layers=LAYERS, training={"batch_size": 64, "epochs": 2})
    with pytest.warns(
        bnnc.SpecWarning, match="a batch of 64 rows is larger than the training data, which has 20"
    ):
        made.fit(images, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error", bnnc.SpecWarning)
        made.fit(images, labels)
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(30)
    with pytest.warns(bnnc.SpecWarning, match="no row of `dataset` has class 2"):
        made.fit(dataset.filter(lambda images, labels: True).map(lambda x, y: (x, y % 2)))


def test_keras_asks_the_rules_again_too() -> None:
    images, labels = arrays(20)
    made = program()
    made.model.run_eagerly = True
    with pytest.warns(bnnc.SpecWarning, match="training data: given to Keras, 20 rows"):
        made.model.fit(images, labels, batch_size=32, epochs=2, verbose=0)
    with pytest.warns(
        bnnc.SpecWarning, match="a batch of 8 rows is larger than the training data, which has 7"
    ):
        made.model.bind(rows=7, batch_size=8)


def test_a_loaded_program_asks_the_rules_again(tmp_path: Path) -> None:
    shared_program("none").save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved")
    with pytest.warns(bnnc.SpecWarning, match="larger than the training data, which has 5 rows"):
        loaded.fit(*arrays(5), epochs=1)


def test_the_members_of_an_ensemble_say_a_thing_once() -> None:
    made = program("none", ensemble={"members": 2})
    with pytest.warns(bnnc.SpecWarning) as caught:
        made.fit(*arrays(5), epochs=2)
    assert len([one for one in caught if issubclass(one.category, bnnc.SpecWarning)]) == 1


def test_a_program_is_copied_by_saving_it() -> None:
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"`program\.save\(folder\)`.*`bnnc\.load\(folder\)`"):
            copied(shared_program("none"))


def test_a_program_that_was_trained_twice_says_so() -> None:
    made = program("none")
    assert "trained      no" in repr(made)
    made.fit(*arrays(20), epochs=2, verbose=0)
    assert "2 epochs on arrays, 20 rows\n" in repr(made)
    made.fit(*arrays(20), epochs=1, verbose=0)
    assert "1 epoch on arrays, 20 rows, after 6 earlier steps\n" in repr(made)
