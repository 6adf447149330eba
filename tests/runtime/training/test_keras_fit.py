"""`model.fit`, `compile` and copies, as people use them with Keras: right, or refused before a step."""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.runtime.data import DataError
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.training.fitting import fitted_layers
from tests.support.tiny_program import CLASSES, arrays, program

# Keras says so at the end of every dataset whose length it does not know.
pytestmark = pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
ROWS = 20
IMAGES, LABELS = arrays(ROWS)
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]
BIND = r"call `model\.bind\(rows="


class Batches(keras.utils.PyDataset):
    """Batches of 8, as a Keras Sequence gives them."""

    def __init__(self, *more: Any) -> None:
        super().__init__()
        self.arrays = (IMAGES, LABELS, *more)

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(one[8 * index : 8 * index + 8] for one in self.arrays)


def generated() -> Iterator[tuple[Any, Any]]:
    """The batches, once."""
    for index in range(3):
        yield IMAGES[8 * index : 8 * index + 8], LABELS[8 * index : 8 * index + 8]


def dataset_of(generator: Callable[[], Iterator[Any]]) -> tf.data.Dataset:
    """A dataset of unknown cardinality."""
    signature = (
        tf.TensorSpec((None, *IMAGES.shape[1:]), tf.float32),
        tf.TensorSpec((None,), tf.int32),
    )
    return tf.data.Dataset.from_generator(generator, output_signature=signature)


def once() -> tf.data.Dataset:
    """A dataset over one generator, which is at its end after the first pass."""
    generator = generated()
    return dataset_of(lambda: generator)


def batched() -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(8)


def small(method: str = "flipout", **sections: Any) -> BayesianModel:
    """One dense layer, run without a trace: what is tested here is around it."""
    model = program(method, layers=LAYERS, **sections).model
    model.compile(run_eagerly=True)
    return model


def fit(model: BayesianModel, *args: Any, **kwargs: Any) -> dict[str, list[float]]:
    received: dict[str, list[float]] = model.fit(*args, verbose=0, shuffle=False, **kwargs).history
    return received


def assert_refused(message: str, model: BayesianModel, *args: Any, **kwargs: Any) -> None:
    """The call is refused, and not a weight has changed."""
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):  # of bnnc, or of Keras
        model.fit(*args, verbose=0, **kwargs)
    assert model.steps_taken == 0
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# What is trained on.


DATASETS: dict[str, Callable[[], Any]] = {
    "dataset": batched,
    "dataset of unknown length": lambda: dataset_of(generated),
    "endless dataset": lambda: batched().repeat(),
    "PyDataset": Batches,
}


@cache
def trained_by_arrays(method: str) -> tuple[BayesianModel, dict[str, list[float]]]:
    model = small(method)
    return model, fit(model, IMAGES, LABELS, batch_size=8, epochs=2)


# A dataset of every kind, with a posterior that is fitted in one more pass, and with another method.
@pytest.mark.parametrize("kind", DATASETS)
@pytest.mark.parametrize("fitted", [True, False])
def test_a_dataset_is_counted_and_trains_as_its_arrays_do(kind: str, fitted: bool) -> None:
    others = ("flipout", "sngp")
    method = "laplace" if fitted else others[list(DATASETS).index(kind) % 2]
    by_arrays, expected = trained_by_arrays(method)
    by_dataset = small(method)
    steps = {"steps_per_epoch": 3} if kind.startswith("endless") else {}
    received = fit(by_dataset, DATASETS[kind](), epochs=2, **steps)
    assert by_dataset.objective == by_arrays.objective
    assert by_dataset.objective.rows == ROWS
    assert received == expected
    for one, other in zip(by_arrays.variables, by_dataset.variables, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))


def test_rows_that_bind_told_are_not_counted() -> None:
    passes = 0

    def counting() -> Iterator[Any]:
        nonlocal passes
        passes += 1
        yield from generated()

    model = small()
    model.bind(rows=1000, batch_size=8, epochs=1)
    fit(model, dataset_of(counting))
    assert passes == 1
    assert model.objective.rows == 1000
    fit(model, dataset_of(counting))  # what was told was for one training
    assert model.objective.rows == ROWS


def test_a_generator_trains_where_its_rows_are_told() -> None:
    by_arrays, by_generator = small(), small()
    expected = fit(by_arrays, IMAGES, LABELS, batch_size=8)
    by_generator.bind(rows=ROWS, batch_size=8)
    assert fit(by_generator, generated(), steps_per_epoch=3) == expected
    by_dataset = small()
    by_dataset.bind(rows=ROWS, batch_size=8)
    assert fit(by_dataset, once()) == expected


def test_what_cannot_be_trained_on_is_refused_before_the_first_step() -> None:
    model = small()
    assert_refused(f"The rows of a generator are not known: {BIND}", model, generated())
    assert_refused(f"gives its rows only once.*{BIND}", model, once())
    assert_refused("has no end: pass `steps_per_epoch`", model, batched().repeat())
    assert_refused("without any", model, batched().take(0))
    assert_refused("Received: a list", model, [IMAGES], LABELS)
    assert_refused("Received: nothing", model)
    assert_refused("images without labels", model, IMAGES)
    assert_refused(
        r"Expected a dataset of \(images, labels\)", model, batched().map(lambda images, _: images)
    )
    for method in ("laplace", "sngp"):
        fitted = small(method)
        assert_refused("in one more pass through the rows", fitted, generated())
        fitted.bind(rows=ROWS, batch_size=8)
        assert_refused("in one more pass through the rows", fitted, generated())
        assert_refused("gives its rows only once.*pass arrays", fitted, once())


def test_a_program_refuses_rows_that_come_once() -> None:
    with pytest.raises(DataError, match="the dataset gives its rows only once"):
        program(layers=LAYERS).fit(once())


def test_weights_of_rows_and_classes_are_refused_wherever_they_stand() -> None:
    model = small()
    weights, message = np.ones(ROWS, np.float32), "Sample weights have no place.*Received: "
    weighted = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS, weights)).batch(8)
    assert_refused(f"{message}sample_weight", model, IMAGES, LABELS, sample_weight=weights)
    assert_refused(f"{message}class_weight", model, IMAGES, LABELS, class_weight={0: 1.0})
    assert_refused(f"{message}a dataset with", model, weighted)
    assert_refused(f"{message}batches with", model, Batches(weights))
    assert_refused(
        f"{message}validation_data",
        model,
        IMAGES,
        LABELS,
        validation_data=(IMAGES, LABELS, weights),
    )
    assert_refused(f"{message}validation_data", model, IMAGES, LABELS, validation_data=weighted)
    assert_refused(
        "Expected `validation_data`", model, IMAGES, LABELS, validation_data=(IMAGES, None)
    )
    assert_refused("`validation_split` is only supported", model, batched(), validation_split=0.2)
    for wrong in ({"sample_weight": weights[:8]}, {"class_weight": {0: 1.0}}):
        with pytest.raises(bnnc.ArgumentError, match="Sample weights have no place"):
            model.train_on_batch(IMAGES[:8], LABELS[:8], **wrong)


def test_steps_per_epoch_are_the_steps_of_the_warm_up() -> None:
    model = small(loss={"kl": {"warmup_epochs": 2}})
    fit(model, IMAGES, LABELS, batch_size=8, steps_per_epoch=2, epochs=1)
    assert (model.objective.rows, model.objective.steps_per_epoch) == (ROWS, 2)
    assert float(model.objective.weight(tf.constant(2))) == pytest.approx(0.5 / ROWS)


def test_validation_data_of_every_kind_give_the_same_losses() -> None:
    losses = [
        fit(small("none"), IMAGES, LABELS, batch_size=8, validation_data=validation)["val_loss"]
        for validation in ((IMAGES, LABELS), batched(), Batches())
    ]
    assert losses[0] == losses[1] == losses[2]


def test_a_step_by_hand_wants_the_rows_and_forgets_what_was_fitted() -> None:
    model = small()
    with pytest.raises(ValueError, match=r"model\.bind"):
        model.train_on_batch(IMAGES[:8], LABELS[:8])
    model.bind(rows=ROWS, batch_size=8)
    metrics = model.train_on_batch(IMAGES[:8], LABELS[:8], return_dict=True)
    expected = metrics["nll"] + metrics["kl"] / ROWS
    assert metrics["loss"] == pytest.approx(expected, rel=1e-5)
    assert model.steps_taken == 1
    assert set(model.test_on_batch(IMAGES[:8], LABELS[:8], return_dict=True)) == set(metrics)
    assert model.predict_on_batch(IMAGES[:8]).shape == (8, CLASSES)

    fitted: Any = small("laplace")
    fit(fitted, IMAGES, LABELS)
    layer: Any = fitted_layers(fitted)[0]
    assert np.any(np.array(layer.eigen_scales))
    fitted.train_on_batch(IMAGES[:8], LABELS[:8])
    assert not np.any(np.array(layer.eigen_scales))


# What it is compiled with.


def test_metrics_of_keras_compare_labels_with_the_mean_of_the_distribution() -> None:
    model = small("none")
    model.compile(
        metrics=["accuracy", "sparse_categorical_crossentropy"],
        weighted_metrics=[keras.metrics.SparseTopKCategoricalAccuracy(k=CLASSES, name="all")],
        run_eagerly=True,
    )
    history = fit(model, IMAGES, LABELS, batch_size=8, validation_data=(IMAGES, LABELS))
    names = {"loss", "nll", "kl", "accuracy", "sparse_categorical_crossentropy", "all"}
    assert set(history) == names | {f"val_{name}" for name in names}
    # With probabilities the cross-entropy is the mean negative log-likelihood.
    cross_entropy = history["sparse_categorical_crossentropy"][0]
    assert cross_entropy == pytest.approx(history["nll"][0], rel=1e-5)
    assert history["all"] == [1.0]
    metrics = model.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)
    assert metrics["accuracy"] == history["val_accuracy"][0]


def test_metrics_are_in_the_history_of_the_program_too_and_saved(tmp_path: Any) -> None:
    made = program("none", layers=LAYERS)
    made.model.compile(
        metrics=[
            "sparse_categorical_crossentropy",
            keras.metrics.SparseCategoricalAccuracy(name="a"),
        ]
    )
    last = made.fit(IMAGES, LABELS, epochs=1).history
    assert last["a"] == last["accuracy"]
    assert last["sparse_categorical_crossentropy"] == pytest.approx(last["nll"], rel=1e-5)
    made.save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved").model
    assert "a" in loaded.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)


def test_a_loss_is_refused_with_the_reason() -> None:
    model = small()
    for given in ({"loss": "mse"}, {"loss_weights": [2.0]}, {"loss": keras.losses.Hinge()}):
        with pytest.raises(ValueError, match="the model minimises its own, the spec's `loss`"):
            model.compile(**given)
    with pytest.raises(ValueError, match="Received: loss='mse'"):
        model.compile("adam", "mse")


def test_compile_keeps_the_optimizer_unless_another_is_given() -> None:
    model = small("none", training={"optimizer": {"type": "sgd", "learning_rate": 0.25}})
    fit(model, IMAGES, LABELS, batch_size=8)
    before = model.optimizer
    model.compile(metrics=["accuracy"])
    assert model.optimizer is before
    assert model.steps_taken == 3
    model.compile(optimizer="adam")
    assert type(model.optimizer) is keras.optimizers.Adam
    assert model.steps_taken == 3  # the weights have not forgotten them


def test_a_new_optimizer_under_mixed_float16_scales_the_loss_too() -> None:
    model = small("none", training={"precision": "mixed_float16"})
    model.compile(optimizer="adam")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    model.compile(optimizer="adam", auto_scale_loss=False)
    assert type(model.optimizer) is keras.optimizers.Adam


def test_every_way_to_run_a_step_trains_the_same() -> None:
    results = []
    for how in (
        {"run_eagerly": True},
        {"jit_compile": False},
        {"jit_compile": False, "steps_per_execution": 3},
    ):
        model = small("none")
        model.compile(**how)
        results.append(fit(model, IMAGES, LABELS, batch_size=8, epochs=1)["loss"])
    assert results[1] == pytest.approx(results[0], rel=1e-6)
    assert results[2] == pytest.approx(results[0], rel=1e-6)


# Copies.


def test_clone_model_is_refused_with_the_ways_out() -> None:
    with pytest.raises(ValueError, match=r"`copy\.deepcopy\(model\)`.*from_config"):
        keras.models.clone_model(small())


def test_a_deep_copy_trains_on_as_the_model_does() -> None:
    model = small(loss={"kl": {"warmup_epochs": 4}})
    fit(model, IMAGES, LABELS, batch_size=8)
    other = copy.deepcopy(model)
    assert other.steps_taken == model.steps_taken == 3
    assert other.objective == model.objective
    for one in (model, other):
        one.compile(run_eagerly=True)
    expected = fit(model, IMAGES, LABELS, batch_size=8)
    assert fit(other, IMAGES, LABELS, batch_size=8) == expected


def test_a_model_of_a_config_has_not_been_trained() -> None:
    averaged = {"optimizer": {"type": "adam", "use_ema": True}, "batch_size": 8}
    made = program(layers=LAYERS, training=averaged, loss={"kl": {"warmup_epochs": 1}})
    first = made.model.get_weights()
    made.fit(IMAGES, LABELS, epochs=2)
    assert made.model.averaged
    config = made.model.get_config()
    again = type(made.model).from_config(config)
    assert again.get_config() == config
    assert not again.averaged
    assert again.epochs_done == again.steps_taken == 0
    assert not again.objective.bound
    for one, other in zip(first, again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    again.compile(optimizer=keras.optimizers.Adam.from_config(config={}), run_eagerly=True)
    fit(again, IMAGES, LABELS, batch_size=8)
    assert again.objective.first_step == 0


def test_the_layers_before_the_head_are_a_model_of_features() -> None:
    model = program("flipout").model
    features = keras.Model(model.input, model.layers[-2].output)
    assert features(IMAGES[:2]).shape == (2, model.layers[-2].output.shape[1])
    assert features.predict(IMAGES, verbose=0).shape[0] == ROWS
