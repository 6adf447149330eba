"""From a generator of specs: each accepted one is built, trains, is saved and loaded.

`pytest tests/compiler/backend --specs 1000` builds a thousand of them. That right specs are accepted
and wrong ones refused is tested without TensorFlow, in `tests/compiler/checking/`.
"""

from pathlib import Path
from random import Random

import numpy as np

import bnnc
from bnnc.compiler.pipeline import plan
from tests.compiler.backend.conftest import Compiled, compile_document
from tests.generated import wrong_spec

# Of the changed specs that are still right, those are built that cost no more than this.
STILL_RIGHT = 10
MOST_BYTES = 2**24
# Of the specs that are built, as many are saved, loaded and asked for a prediction.
SAVED = 8


def test_each_accepted_spec_takes_a_step_with_finite_loss_and_gradients(
    compiled_specs: list[Compiled],
) -> None:
    for compiled in compiled_specs:
        assert_takes_a_finite_step(compiled)


def test_what_is_saved_and_loaded_predicts_the_same_finite_numbers(
    compiled_specs: list[Compiled], tmp_path: Path
) -> None:
    for number, compiled in enumerate(compiled_specs[:: len(compiled_specs) // SAVED or 1]):
        folder, images = tmp_path / str(number), np.array(compiled.batch()[0])[:2]
        compiled.program.save(folder)
        predictions = [vars(one.predict(images)) for one in (compiled.program, bnnc.load(folder))]
        names = [one.pop("class_names", None) for one in predictions]
        assert names[0] == names[1]
        for name, numbers in predictions[0].items():
            if numbers is None:  # what was not asked for
                assert predictions[1][name] is None
                continue
            assert np.isfinite(numbers).all(), (name, str(compiled))
            np.testing.assert_array_equal(predictions[1][name], numbers, err_msg=str(compiled))


def test_a_changed_spec_that_is_still_accepted_takes_a_step_too() -> None:
    built, seed = 0, 0
    while built < STILL_RIGHT:
        document = wrong_spec(Random(seed))
        report = bnnc.check(document)
        if report.ok and plan(report).training_bytes < MOST_BYTES:
            assert_takes_a_finite_step(compile_document(document))
            built += 1
        seed += 1


def assert_takes_a_finite_step(compiled: Compiled) -> None:
    """One training step; weights that stay finite show gradients that are."""
    model = compiled.model
    model.bind(rows=100, batch_size=4)
    before = [np.array(one) for one in model.trainable_variables]
    # Under mixed_float16 the loss is scaled by 2**15 at first, and halved as often as a gradient
    # overflows: what must come is a finite step before the scale is below 1. Up to 3 batches make
    # one step. With a weight of the KL or a rate that rises from 0 the first changes nothing.
    for _ in range(24):
        metrics = model.train_step(compiled.batch())
        if int(model.optimizer.iterations) >= 2:
            break
    assert int(model.optimizer.iterations) >= 1, compiled
    assert np.isfinite([float(one) for one in metrics.values()]).all(), (metrics, str(compiled))
    assert all(np.isfinite(np.array(one)).all() for one in model.weights), compiled
    after = [np.array(one) for one in model.trainable_variables]
    changed = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    assert any(changed), compiled
