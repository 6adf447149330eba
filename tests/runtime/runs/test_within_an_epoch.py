"""A training that is interrupted within an epoch goes on to the same weights, whatever its data is."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.runtime.program import Program
from bnnc.runtime.runs.run_folder import RunWriter, check_resumable, epochs_done, start_run
from bnnc.runtime.training import loop
from tests.support import records
from tests.support.tiny_program import document

SIZE, ROWS, CLASSES, EPOCHS, BATCH = 6, 36, 3, 3, 3
RNG = np.random.default_rng(80)
IMAGES = RNG.integers(0, 17, (ROWS, SIZE, SIZE, 1), dtype=np.uint8)
LABELS = np.minimum(np.arange(ROWS) // 16, 2)  # 16, 16 and 4 rows

Data = dict[str, Any]


def image_folder(root: Path) -> Data:
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        file = root / f"images/{label}/{number:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(file)
    return {"source": str(root / "images"), "streaming": True}


def resampled_folder(root: Path) -> Data:
    return {**image_folder(root), "balance": "resample"}


def image_table(root: Path) -> Data:
    image_folder(root)
    files = sorted((root / "images").rglob("*.png"))
    rows = [f"{file.relative_to(root)},{file.parent.name}" for file in files]
    (root / "table.csv").write_text("\n".join(["path,label", *rows]))
    return {"source": str(root / "table.csv"), "streaming": True, "splits": {"validation": 0.2}}


def tfrecord(root: Path) -> Data:
    rows = zip(IMAGES, LABELS, strict=True)
    made = (records.example(image=records.encoded(image), label=label) for image, label in rows)
    records.write_records(root / "rows.tfrecord", made)
    return {"source": str(root / "rows.tfrecord"), "streaming": True, "validation_split": 0.2}


def table_of_numbers(root: Path) -> Data:
    with (root / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"x{number}" for number in range(SIZE)), "label"])
        columns = zip(IMAGES[:, 0, :, 0].tolist(), LABELS.tolist(), strict=True)
        writer.writerows([*row, label] for row, label in columns)
    return {"source": str(root / "rows.csv"), "splits": {"validation": 0.2}}


SOURCES = (resampled_folder, image_table, tfrecord, table_of_numbers)


class StoppedError(Exception):
    """Ends a training where a kill would."""


class StopWithin(keras.callbacks.Callback):
    """Ends the training within its second epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.epoch == 1 and batch > 2:
            raise StoppedError


def of_data(data: Data) -> Program:
    is_table = data["source"].endswith("rows.csv")
    spec = document(
        layers=[*([] if is_table else [{"type": "flatten"}]), {"type": "dense", "units": CLASSES}],
        data=data,
        training={"batch_size": BATCH, "epochs": EPOCHS, "seed": 3, "checkpoint_minutes": 0},
    )
    if is_table:
        spec["input"] = {"shape": [SIZE]}
    return bnnc.compile(spec)


@pytest.mark.parametrize("source", SOURCES)
def test_the_weights_are_those_of_a_whole_training(
    source: Callable[[Path], Data], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_SECONDS_PER_CALL", 0)  # a call is one step
    data, folder = source(tmp_path), tmp_path / "run"
    whole = of_data(data)
    whole.train(whole.prepare())

    stopped = of_data(data)
    prepared = stopped.prepare()
    start_run(folder, stopped, prepared, EPOCHS)
    with pytest.raises(StoppedError):
        stopped.train(prepared, callbacks=[RunWriter(folder, stopped, []), StopWithin()])

    resumed = bnnc.load(folder)
    model, prepared = resumed.model, resumed.prepare()
    assert epochs_done(resumed) == 1
    assert 0 < model.batches_done < prepared.train.steps
    check_resumable(resumed, prepared, EPOCHS)
    resumed.train(prepared, epochs=EPOCHS, first_epoch=1, first_batch=model.batches_done)
    for ours, theirs in zip(model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)
    for ours, theirs in zip(
        model.optimizer.variables, whole.model.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs, err_msg=ours.path)
