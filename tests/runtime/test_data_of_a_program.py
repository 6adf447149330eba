"""Class order and validation images of a data set, from its files to the program's manifest."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.cli import main
from bnnc.cli.notes import tell_of_data
from bnnc.runtime.data import DataError, check_images
from bnnc.runtime.inputs import rows_to_evaluate
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.program import Program
from bnnc.runtime.runs.run_folder import RunError, check_resumable
from tests.support.tiny_program import program

GRADES = ("none", "mild", "severe")
ORDERED = {
    "distribution": "ordered_logistic",
    "parameterization": "loc",
    "classes": 3,
    "labels": "integer",
}
FLAT: list[dict[str, Any]] = [{"type": "flatten"}, {"type": "dense", "units": 1}]


def write(root: Path, names: tuple[str, ...] = GRADES, *, each: int = 2, start: int = 0) -> None:
    """Images of 6 × 6 pixels, all of one value: that of their class, and another in each part."""
    for value, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for number in range(each):
            Image.new("L", (6, 6), start + value).save(root / name / f"{number}.png")


def in_parts(root: Path, *parts: str) -> Path:
    for number, part in enumerate(parts):
        write(root / part, start=4 * number)
    return root


def ordered(folder: Path, **data: Any) -> Program:
    return program(output=ORDERED, layers=FLAT, data={"source": str(folder), **data})


def prepared(made: Program) -> Prepared:
    return made.prepare()


def first_pixels(rows: Any) -> list[int]:
    return [int(value) for value in rows.images[:, 0, 0, 0]]


def test_validation_images_of_the_data_are_validated_on(tmp_path: Path) -> None:
    made = program(
        data={"source": str(in_parts(tmp_path, "train", "val", "test"))},
        training={"batch_size": 8, "epochs": 2, "seed": 3, "early_stopping": {"patience": 1}},
    )
    data = prepared(made)
    assert data.validation is not None
    assert (data.train.rows, data.validation.rows) == (6, 6)
    assert set(first_pixels(data.train)) == {0, 1, 2}
    assert set(first_pixels(data.validation)) == {4, 5, 6}
    assert data.validation.labels.tolist() == [0, 0, 1, 1, 2, 2]  # type: ignore[union-attr]
    history = made.train(data)
    assert np.isfinite(history.history["val_loss"][-1])
    trained = made.manifest["trained"]
    assert (trained["rows"], trained["validation_rows"], trained["kl_weight"]) == (6, 6, 1 / 6)
    assert made.evaluate()["rows"] == 6


def test_validation_arrays_of_an_archive_are_validated_on(tmp_path: Path) -> None:
    images, labels = np.arange(5 * 36.0).reshape(5, 6, 6) % 17, np.array([0, 1, 2, 0, 1])
    for ending in ("val", "valid", "validation"):
        arrays = {f"x_{ending}": images[3:], f"y_{ending}": labels[3:]}
        path = tmp_path / f"{ending}.npz"
        np.savez(path, x_train=images[:3], y_train=labels[:3], allow_pickle=False, **arrays)
        data = program(data={"source": str(path)}).prepare()
        assert data.validation is not None
        assert np.array_equal(data.validation.images[..., 0], images[3:])  # type: ignore[union-attr]
        assert data.train.rows == 3


def test_two_ways_to_hold_rows_out_are_refused(tmp_path: Path) -> None:
    # A check finds it, too, unless the data comes later.
    made = program(data={"source": str(tmp_path / "later"), "validation_split": 0.5})
    in_parts(tmp_path / "later", "train", "val")
    with pytest.raises(DataError, match=r"6 validation images of its own.*validation_split: 0`"):
        made.prepare()
    given = np.zeros((1, 6, 6, 1)), np.array([0])
    with pytest.raises(DataError, match="the validation arrays: every pixel"):
        made.prepare(validation_data=given)  # what is passed counts, and is looked at


def test_data_with_validation_images_alone_has_nothing_to_evaluate_on(tmp_path: Path) -> None:
    made = program(data={"source": str(in_parts(tmp_path, "train", "val"))})
    assert not made.prepare().has_test_images
    with pytest.raises(
        ValueError, match=r"put test images into folders of the same names in .*test"
    ):
        made.evaluate()


def test_other_validation_images_are_not_resumed_with(tmp_path: Path) -> None:
    made = program(data={"source": str(in_parts(tmp_path, "train", "val"))})
    made.note_training(prepared(made), 2)
    check_resumable(made, prepared(made), 2)
    Image.new("L", (6, 6), 15).save(tmp_path / "val/none/0.png")
    with pytest.raises(RunError, match="not those that the run began with"):
        check_resumable(made, prepared(made), 2)


def test_an_order_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    made = ordered(tmp_path / "later")
    write(tmp_path / "later")
    with pytest.raises(DataError, match=r"have no order that is known: mild, none, severe"):
        prepared(made)
    with pytest.raises(bnnc.SpecError, match=r"BNN347.*are not numbers and have no order"):
        ordered(tmp_path / "later")
    data = prepared(ordered(tmp_path / "later", classes=list(GRADES)))
    assert data.class_names == GRADES
    assert first_pixels(data.train) == [0, 0, 1, 1, 2, 2]
    assert data.train.labels.tolist() == [0, 0, 1, 1, 2, 2]  # type: ignore[union-attr]


def test_classes_that_are_numbers_have_their_order(tmp_path: Path) -> None:
    write(tmp_path, ("2", "9", "10"))
    data = prepared(ordered(tmp_path))
    assert data.class_names == ("2", "9", "10")
    assert first_pixels(data.train) == [0, 0, 1, 1, 2, 2]


def test_evaluation_keeps_the_order_that_was_trained_on(tmp_path: Path) -> None:
    made = ordered(in_parts(tmp_path, "train", "test"), classes=list(GRADES))
    for names in (None, GRADES):  # of the spec, and of the manifest of a run
        rows = rows_to_evaluate(made.spec, tmp_path, class_names=names)
        assert rows.labels.tolist() == [0, 0, 1, 1, 2, 2]
        assert first_pixels(rows) == [4, 4, 5, 5, 6, 6]
    with pytest.raises(
        DataError, match="has the classes mild, none, severe; the program was train"
    ):
        rows_to_evaluate(made.spec, tmp_path, class_names=("none", "mild", "grave"))


def test_classes_of_the_spec_name_the_indices_of_arrays(tmp_path: Path) -> None:
    images, labels = np.arange(3 * 36.0).reshape(3, 6, 6, 1) % 17, np.array([0, 1, 2])
    made = ordered(tmp_path / "nowhere", classes=list(GRADES))
    data = made.prepare(images, labels)
    made.note_training(data, 1)
    assert made.manifest["trained"]["class_names"] == list(GRADES)


def test_a_named_source_may_get_other_names_from_the_spec_alone() -> None:
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    sections: dict[str, Any] = {
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
        "output": {**program().spec.output.model_dump(), "classes": 10},
    }
    made = program(**sections, data={"source": "digits", "classes": names})
    assert made.prepare().class_names == tuple(names)
    assert len(rows_to_evaluate(made.spec, "digits", class_names=names).labels) == 360
    plain = program(**sections)
    with pytest.raises(DataError, match="digits has the classes 0, 1, 2"):
        rows_to_evaluate(plain.spec, "digits", class_names=names)


def test_images_of_eight_bits_are_no_part_of_a_wider_range() -> None:
    images = np.arange(36, dtype=np.uint8).reshape(1, 6, 6, 1) * 7
    for for_training in (True, False):
        with pytest.raises(DataError, match="have 8 bits a channel, so 255 at most"):
            check_images(
                images,
                shape=(6, 6, 1),
                value_range=(0, 4095),
                where="x",
                for_training=for_training,
            )
    check_images(images.astype(np.float32), shape=(6, 6, 1), value_range=(0, 4095), where="x")


def test_the_order_of_the_classes_and_the_notes_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, ("2", "10", "\x1b[31m1"))
    (tmp_path / "2" / "notes.txt").write_text("harmless")
    made = program(data={"source": str(tmp_path)})
    tell_of_data(made.prepare(), made.spec)
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.splitlines() == [
        f"note: {tmp_path}: 1 file is no image and was passed over: 1 .txt",
        "classes: 0 = \\x1b[31m1, 1 = 10, 2 = 2",  # not all are numbers
    ]


def test_images_of_mixed_sizes_train_evaluate_and_predict_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, part in enumerate(("train", "val", "test")):
        for value, name in enumerate(GRADES):
            (tmp_path / "images" / part / name).mkdir(parents=True)
            size = (6 + number, 9 + value)
            Image.new("L", size, 5 * value).save(tmp_path / "images" / part / name / "0.png")
    made = program(
        data={"source": str(tmp_path / "images"), "resize": {"height": 6, "width": 6}},
        training={"batch_size": 3, "epochs": 1},
    )
    made.fit(verbose=0)
    assert made.evaluate()["rows"] == 3
    made.save(tmp_path / "run")
    test = str(tmp_path / "images" / "test")
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(tmp_path / "run"), test])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_table_of_numbers_trains_and_is_evaluated_on_its_test_rows(tmp_path: Path) -> None:
    rows = ["path,age,split"]
    for number in range(8):
        Image.new("L", (7, 8), 2 * number).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{number / 2},{('train', 'val', 'test')[number % 3]}")
    (tmp_path / "ages.csv").write_text("\n".join(rows))
    output = {
        "distribution": "normal",
        "parameterization": "loc",
        "scale": "learned",
        "labels": "real",
    }
    data: dict[str, Any] = {"source": str(tmp_path), "resize": {"height": 6, "width": 6}}
    data["labels"] = {"file": "ages.csv", "target": "age"}
    made = program(output=output, layers=FLAT, data=data)
    prepared = made.prepare()
    assert prepared.train.labels.tolist() == [0, 1.5, 3]  # type: ignore[union-attr]
    made.fit(verbose=0)
    assert made.evaluate()["rows"] == 2
    assert made.evaluate(tmp_path / "ages.csv")["rows"] == 2


def test_the_shares_of_a_source_are_evaluated_on_and_other_data_is_not_split(
    tmp_path: Path,
) -> None:
    write(tmp_path / "own", each=10)
    write(tmp_path / "other", each=10)
    write(tmp_path / "whole" / "train", each=3)
    write(tmp_path / "whole" / "test", each=3)
    splits = {"validation": 0.1, "test": 0.2, "stratified": True}
    training = {"batch_size": 8, "epochs": 1, "early_stopping": {"patience": 1}}
    data = {"source": str(tmp_path / "own"), "splits": splits}
    made = program(data=data, training=training)
    assert made.evaluate()["rows"] == 6  # before it is trained
    ready = made.prepare()
    assert (ready.train.rows, ready.facts.rows, ready.facts.has_validation) == (21, 21, False)
    assert ready.validation is not None
    assert ready.validation.rows == 3
    made.fit(verbose=0)
    assert made.evaluate()["rows"] == 6
    assert made.evaluate(str(tmp_path / "own" / ".." / "own"))["rows"] == 6
    assert made.evaluate(str(tmp_path / "whole"))["rows"] == 9
    with pytest.raises(ValueError, match="has no test images"):
        made.evaluate(str(tmp_path / "other"))
