"""Everything that a training remembers survives its interruption, to the last bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.runs.run_folder import (
    RunError,
    RunWriter,
    check_resumable,
    epochs_done,
    read_metrics,
    start_run,
)
from tests.laws.test_training import KillAfter, KilledError, assert_same_bits
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, program

ROWS = 28  # 20 of them are trained on, in batches of 8: three batches an epoch
EPOCHS = 5
DATA = {"source": "mine.npz", "validation_split": 8 / 28}

# Two changes of the weights take three batches: an epoch ends with a gradient half accumulated.
ACCUMULATED = {"gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.6}
CYCLES = {"type": "negative_log_likelihood", "kl": {"cyclical": {"cycles": 2}}}
POLYNOMIAL = {"type": "polynomial_decay", "initial_learning_rate": 0.02, "power": 2}
PIECES = {"type": "piecewise_constant_decay", "boundaries": [1, 3], "values": [0.02, 0.01, 0.001]}
EXPONENTIAL = {"type": "exponential_decay", "initial_learning_rate": 0.02, "decay_rate": 0.5}
WARM = {
    "type": "cosine_decay",
    "initial_learning_rate": 0.0,
    "warmup_target": 0.02,
    "warmup_epochs": 2,
}
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": 3}]
NEVER = {"patience": 50, "restore_best_weights": True}

CASES: dict[str, dict[str, Any]] = {
    "averages, half an accumulation, draws, cycles, a sampled KL": {
        "bayesian": {
            "method": "antithetic",
            "pairs": 2,
            "prior": {"distribution": "scale_mixture"},
        },
        "training": {
            "samples": 2,
            "posterior_scale_learning_rate_multiplier": 3.0,
            "optimizer": {"type": "lion", "learning_rate": POLYNOMIAL, **ACCUMULATED},
        },
        "loss": CYCLES,
    },
    "the same under a scaled loss, watched": {
        "method": "reparameterization",
        "training": {
            "precision": "mixed_float16",
            "early_stopping": NEVER,
            "optimizer": {"type": "nadam", "learning_rate": WARM, "clipnorm": 0.5, **ACCUMULATED},
        },
    },
    "the best weights kept": {
        "method": "mc_dropout",
        "training": {
            "early_stopping": NEVER,
            "optimizer": {"type": "rmsprop", "momentum": 0.5, "learning_rate": PIECES},
        },
    },
    "images changed at random": {
        "method": "rank_1",
        "layers": [
            {"type": "random_flip", "mode": "horizontal"},
            {"type": "random_translation", "height_factor": 0.2, "width_factor": 0.2},
            {"type": "random_erasing", "factor": 0.5},
            *LAYERS,
        ],
        "training": {},
    },
    "a Gaussian process, whose posterior is fitted at the end": {
        "bayesian": {"method": "sngp", "gaussian_process": {"num_inducing": 16}},
        "training": {"early_stopping": NEVER},
    },
    "a posterior fitted at the end, around averages": {
        "bayesian": {"method": "laplace", "prior": {"scale": "learned"}},
        "training": {
            "early_stopping": NEVER,
            "optimizer": {"type": "adam", "use_ema": True, "ema_momentum": 0.6},
        },
    },
    "an exponential decay": {
        "method": "local_reparameterization",
        "training": {"optimizer": {"type": "adagrad", "learning_rate": EXPONENTIAL}},
    },
}


def made_of(case: dict[str, Any]) -> Program:
    training = {"batch_size": 8, "seed": 3, "epochs": EPOCHS, **case["training"]}
    sections = {name: one for name, one in case.items() if name != "method"}
    method = case.get("method", "flipout")
    return program(method, **{**sections, "training": training, "data": DATA})


def interrupted(case: dict[str, Any], folder: Path, after: int) -> Program:
    """Trained for some epochs, killed, loaded from its folder and trained to the end."""
    first = made_of(case)
    prepared = first.prepare(*arrays(ROWS))
    start_run(folder, first, prepared, epochs=EPOCHS)
    with pytest.raises(KilledError):
        first.train(prepared, callbacks=[RunWriter(folder, first, []), KillAfter(after)])
    assert epochs_done(load(folder)) == after
    return resumed(folder, EPOCHS)


def resumed(folder: Path, epochs: int) -> Program:
    second = load(folder)
    prepared = second.prepare(*arrays(ROWS))
    check_resumable(second, prepared, epochs)
    done = epochs_done(second)
    writer = RunWriter(folder, second, read_metrics(folder, done))
    second.train(prepared, epochs=epochs, first_epoch=done, callbacks=[writer])
    return second


def state_of(made: Program) -> str:
    """The config of a model, apart from the identity of the run that it was saved for."""
    return json.dumps({**made.model.get_config(), "identity": None})


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_interrupted_training_ends_in_the_bits_of_one_that_was_not(
    name: str, tmp_path: Path
) -> None:
    case = CASES[name]
    whole = made_of(case)
    history = whole.fit(*arrays(ROWS))
    assert len(history.epoch) == EPOCHS
    second = interrupted(case, tmp_path / "run", after=3)
    saved = load(tmp_path / "run")
    for other in (second, saved):
        assert_same_bits(whole, other)
        assert other.model.watch.get_config() == whole.model.watch.get_config()
        assert state_of(other) == state_of(whole)
    ours = [
        {key: one[key] for key in one if key != "epoch"}
        for one in read_metrics(tmp_path / "run", EPOCHS)
    ]
    for key in set(history.history) - {"seconds", "images_per_second"}:
        assert [one[key] for one in ours] == history.history[key], key


def test_the_saved_best_weights_are_those_that_are_restored(tmp_path: Path) -> None:
    """Killed after the best epoch was left behind, the run still ends with its weights."""
    large = {"type": "sgd", "learning_rate": 1.0, "momentum": 0.9}
    stopping = {"patience": 2, "restore_best_weights": True}
    case = {"training": {"early_stopping": stopping, "optimizer": large, "epochs": EPOCHS}}
    whole = made_of(case)
    history = whole.fit(*arrays(ROWS))
    watch = whole.model.watch
    assert watch.stopped
    assert watch.best_epoch == len(history.epoch) - 2
    second = interrupted(case, tmp_path / "run", after=len(history.epoch) - 1)
    assert_same_bits(whole, second)
    saved = load(tmp_path / "run")
    assert_same_bits(whole, saved)
    assert saved.model.watch.stopped
    assert saved.model.watch.best_weights == ()  # restored, and not kept twice
    with pytest.raises(RunError, match="ended with the weights of its best epoch"):
        check_resumable(saved, saved.prepare(*arrays(ROWS)), EPOCHS + 1)


def test_a_run_that_is_made_longer_goes_on_from_the_weights_and_not_from_the_averages(
    tmp_path: Path,
) -> None:
    averaged = {"type": "adam", "learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.6}
    case = {"layers": LAYERS, "training": {"optimizer": averaged}}
    whole = made_of(case)
    whole.fit(*arrays(ROWS), epochs=4)
    first = made_of(case)
    prepared = first.prepare(*arrays(ROWS))
    start_run(tmp_path / "run", first, prepared, epochs=2)
    first.train(prepared, epochs=2, callbacks=[RunWriter(tmp_path / "run", first, [])])
    assert load(tmp_path / "run").model.averaged
    assert_same_bits(whole, resumed(tmp_path / "run", epochs=4))


def test_what_is_laid_over_the_whole_training_cannot_be_made_longer(tmp_path: Path) -> None:
    def refused(epochs: int, **sections: Any) -> str:
        made = program("flipout", **sections)
        prepared = made.prepare(*arrays(20))
        made.note_training(prepared, 2)
        check_resumable(made, prepared, 2)
        with pytest.raises(RunError) as error:
            check_resumable(made, prepared, epochs)
        return str(error.value)

    sgd = {"type": "sgd", "learning_rate": POLYNOMIAL}
    assert "the learning rate decays over 2 epochs" in refused(3, training={"optimizer": sgd})
    assert "the KL has its cycles over 2 epochs" in refused(3, loss=CYCLES)
    made = program("none", training={"optimizer": {"type": "sgd", "learning_rate": PIECES}})
    prepared = made.prepare(*arrays(20))
    made.note_training(prepared, 2)
    check_resumable(made, prepared, 3)


def test_predictions_after_loading_are_those_of_the_averages(tmp_path: Path) -> None:
    averaged = {"type": "adam", "learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.6}
    made = made_of({"layers": LAYERS, "training": {"optimizer": averaged}})
    made.fit(*arrays(ROWS), epochs=2)
    made.save(tmp_path / "saved")
    images = arrays(5)[0]
    np.testing.assert_array_equal(
        of_classes(load(tmp_path / "saved").predict(images, 3)).probs,
        of_classes(made.predict(images, 3)).probs,
    )
