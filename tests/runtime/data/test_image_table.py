"""Tables of image files and labels: every kind of label, and mistakes refused by their lines."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.runtime.data import DataError, load
from bnnc.runtime.data.class_order import ClassesDifferError
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.local_path import path_facts
from bnnc.specs.data import Labels, Reading

NAMES = [f"{number}.png" for number in range(6)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images 0.png to 5.png, each pixel of one the number in its name."""
    for number, name in enumerate(NAMES):
        Image.new("L", (4, 3), number).save(tmp_path / name)
    return tmp_path


def write(path: Path, *rows: str) -> Path:
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def table(folder: Path, header: str, cells: list[str], name: str = "labels.csv") -> Path:
    delimiter = "\t" if name.endswith(".tsv") else ";" if ";" in header else ","
    rows = (f"{file}{delimiter}{cell}" for file, cell in zip(NAMES, cells, strict=True))
    return write(folder / name, header, *rows)


def reading(kind: str | None = "integer", **labels: Any) -> Reading:
    return Reading(labels=Labels(**labels) if labels else None, kind=kind, axes=3)


def both(path: Path, how: Reading, classes: list[str] | None = None) -> Any:
    """The loaded data, after its facts were found to be the same."""
    dataset = load(path, reading=how, classes=classes)
    facts = path_facts(path, name="a", classes=classes, reading=how)
    assert facts.rows == len(dataset.train.images)
    assert facts.shape == dataset.train.images.shape[1:]
    assert facts.class_names == dataset.class_names
    assert facts.has_validation == (dataset.validation is not None)
    labels = dataset.train.labels
    assert facts.label_columns == (labels.shape[1] if labels.ndim == 2 else 1)
    return dataset


def refused(path: Path, how: Reading, match: str, error: type[DataError] = DataError) -> Any:
    with pytest.raises(error, match=match) as loading:
        load(path, reading=how)
    with pytest.raises(error) as seen:
        path_facts(path, name=str(path), reading=how)
    assert str(seen.value) == str(loading.value)
    return loading.value


@pytest.mark.parametrize(
    ("name", "header"),
    [("a.csv", "file,label"), ("a.tsv", "file\tlabel"), ("a.csv", "file;label")],
)
def test_classes_in_text_have_the_order_of_their_names(
    folder: Path, name: str, header: str
) -> None:
    path = table(folder, header, ["dog", "cat", "dog", "emu", "cat", "cat"], name)
    dataset = both(path, reading())
    assert dataset.class_names == ("cat", "dog", "emu")
    assert dataset.train.labels.tolist() == [1, 0, 1, 2, 0, 0]
    assert dataset.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    facts = path_facts(path, name="a", reading=reading())
    assert (facts.classes, facts.label_counts) == (3, (3, 2, 1))
    said = both(path, reading(), ["emu", "dog", "cat"])
    assert said.train.labels.tolist() == [1, 2, 1, 0, 2, 2]


def test_whole_numbers_are_class_indices_unless_they_are_listed_as_names(folder: Path) -> None:
    path = table(folder, "path,class", ["2", "0", "1", "1.0", "2", "0"])
    assert both(path, reading()).train.labels.tolist() == [2, 0, 1, 1, 2, 0]
    assert both(path, reading()).class_names is None
    named = both(path, reading(), ["a", "b", "c"])
    assert (named.class_names, named.train.labels[0]) == (("a", "b", "c"), 2)
    path = table(folder, "path,class", ["30", "10", "20", "20", "10", "30"])
    assert both(path, reading(), ["30", "20", "10"]).train.labels.tolist() == [0, 2, 1, 1, 2, 0]
    path = table(folder, "path,class", ["True", "False", "True", "False", "True", "False"])
    assert both(path, reading("binary")).train.labels.tolist() == [1, 0, 1, 0, 1, 0]


def test_numbers_are_read_from_one_or_several_columns(folder: Path) -> None:
    cells = [f"{number / 4},{number * -1e3}" for number in range(6)]
    path = table(folder, "image,age,dose", cells)
    dataset = both(path, reading("real", target="age"))
    assert dataset.train.labels.tolist() == [0, 0.25, 0.5, 0.75, 1, 1.25]
    dataset = both(path, reading("real", target=["dose", "age"]))
    assert dataset.train.labels.shape == (6, 2)
    assert dataset.train.labels[3].tolist() == [-3000, 0.75]
    assert dataset.class_names is None


def test_sets_of_classes_are_columns_or_are_separated_in_a_cell(folder: Path) -> None:
    rows = [[1, 0, 0], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 1], [0, 0, 1]]
    cells = ["cat", "", "dog | cat|emu", "dog", "emu|cat", "emu"]
    path = table(folder, "path,label", cells)
    dataset = both(path, reading("multi_hot", separator="|"))
    assert dataset.train.labels.tolist() == rows
    assert dataset.class_names == ("cat", "dog", "emu")
    path = table(folder, "path,cat,dog,emu", [",".join(map(str, row)) for row in rows])
    dataset = both(path, reading("multi_hot", target=["cat", "dog", "emu"]))
    assert dataset.train.labels.tolist() == rows
    assert dataset.class_names == ("cat", "dog", "emu")


def test_a_column_gives_the_parts(folder: Path) -> None:
    cells = ["a,train", "b,Train", "a,val", "b,validation", "a,test", "b,TEST"]
    path = table(folder, "path,label,split", cells)
    dataset = both(path, reading())
    assert dataset.train.images[:, 0, 0, 0].tolist() == [0, 1]
    assert dataset.validation.images[:, 0, 0, 0].tolist() == [2, 3]
    assert dataset.test.labels.tolist() == [0, 1]
    path = table(folder, "path,label,fold", cells)
    assert both(path, reading()).test is None
    assert len(both(path, reading(split="fold")).test.labels) == 2


def test_a_table_may_lie_over_a_folder_of_images(folder: Path) -> None:
    (folder / "tables").mkdir()
    path = table(folder, "path,label", list("ababab"), "tables/labels.csv")
    dataset = both(folder, reading(file="tables/labels.csv"))
    assert dataset.train.labels.tolist() == [0, 1, 0, 1, 0, 1]
    refused(path, reading(file="tables/labels.csv"), r"6 of 6 image files are not there: line 2")
    error = refused(folder, reading(file="other.csv"), "is not there", SpecDataError)
    assert error.path == ("data", "labels", "file")
    error = refused(folder, reading(target="label"), "names no table", SpecDataError)
    assert error.path == ("data", "labels")


def test_parquet_is_read_as_csv_is(folder: Path) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    columns = {"path": NAMES, "label": list("abcabc"), "age": [1, 2.5, 3, 4, 5, 6]}
    path = folder / "labels.parquet"
    parquet.write_table(arrow.table(columns), path)
    assert both(path, reading()).train.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert both(path, reading("real", target="age")).train.labels[1] == 2.5
    parquet.write_table(arrow.table({"path": NAMES, "label": [*"abcab", None]}), path)
    refused(path, reading(), r"`label` is empty in: row 6")
    path.write_bytes(b"no parquet")
    refused(path, reading(), "cannot be read as Parquet")


def test_without_pyarrow_the_package_to_install_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (folder / "labels.parquet").write_bytes(b"PAR1")
    refused(folder / "labels.parquet", reading(), r"pip install 'bnnc\[parquet\]'")


MISTAKES: dict[str, tuple[Callable[[Path], Path], Reading, str]] = {
    "missing files": (
        lambda at: write(at / "a.csv", "path,label", "0.png,a", "x.png,a", "", "y.png,b", "z,b"),
        reading(),
        r"3 of 4 image files are not there: line 3 \(`x.png`\), line 5 \(`y.png`\), line 6",
    ),
    "many missing files": (
        lambda at: write(at / "a.csv", "path,label", *(f"{one}.jpg,a" for one in range(9))),
        reading(),
        r"9 of 9 .*line 2 .*line 3 .*line 4 \(`2.jpg`\) and 6 more",
    ),
    "a file twice": (
        lambda at: write(at / "a.csv", "path,label", "0.png,a", "1.png,b", "./0.png,b"),
        reading(),
        r"comes again in: line 4",
    ),
    "no number": (
        lambda at: table(at, "path,age", ["1", "2", "n/a", "4", "inf", "1_0"]),
        reading("real", target="age"),
        r"`age` holds no number in: line 4 \(`n/a`\), line 6 \(`inf`\), line 7",
    ),
    "names of sets without a separator": (
        lambda at: table(at, "path,label", ["a|b"] * 6),
        reading("multi_hot"),
        r"write `separator: '\|'`",
    ),
    "no label": (
        lambda at: table(at, "path,label", ["a", "b", "", "b", "", "a"]),
        reading(),
        r"`label` is empty in: line 4 \(``\), line 6",
    ),
    "no path": (lambda at: write(at / "a.csv", "path,label", ",a"), reading(), "names no file"),
    "other part": (
        lambda at: table(
            at, "path,label,split", ["a,train", "b,train", "a,fold 3"] + ["b,test"] * 3
        ),
        reading(),
        r"`split` names no part in: line 4 \(`fold 3`\).*Rename the column",
    ),
    "no part to train on": (
        lambda at: table(at, "path,label,split", ["a,test"] * 6),
        reading(),
        "no row has `train`",
    ),
    "a class of the test rows alone": (
        lambda at: table(at, "path,label,split", ["a,train", "b,train"] * 2 + ["c,test"] * 2),
        reading(),
        "no training row has the class c",
    ),
    "columns by other names": (
        lambda at: table(at, "id,diagnosis", ["a"] * 6),
        reading(),
        r"no column is called `path` or .*columns are id, diagnosis.*`data.labels.path`",
    ),
    "several columns": (
        lambda at: table(at, "path,label,class", ["a,b"] * 6),
        reading(),
        r"several columns may be the target: label, class",
    ),
    "a column twice": (
        lambda at: table(at, "path,label,label", ["a,b"] * 6),
        reading(),
        "two columns are called `label`",
    ),
    "a cell too many": (
        lambda at: write(at / "a.csv", "path,label", "0.png,a", "1.png,a,b", "2.png", "3.png,b"),
        reading(),
        r"line 3 has 3 cells, and the first line names 2 columns; 2 such lines",
    ),
    "no rows": (lambda at: write(at / "a.csv", "path,label"), reading(), "has no rows"),
    "nothing": (lambda at: write(at / "a.csv"), reading(), "is empty"),
    "an open quote": (
        lambda at: write(at / "a.csv", "path,label", '"0.png,a'),
        reading(),
        r"cannot be read \(unexpected end of data\)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_by_its_lines(folder: Path, mistake: str) -> None:
    make, how, message = MISTAKES[mistake]
    refused(make(folder), how, message)


def test_text_in_another_encoding_is_refused(folder: Path) -> None:
    (folder / "a.csv").write_bytes("path,label\n0.png,Käse\n".encode("latin-1"))
    refused(folder / "a.csv", reading(), "is not UTF-8")
    (folder / "a.csv").write_bytes("path,label\n0.png,Käse\n1.png,b\n".encode("utf-8-sig"))
    assert both(folder / "a.csv", reading()).class_names == ("Käse", "b")


def test_names_that_are_not_listed_are_refused_with_their_line(folder: Path) -> None:
    path = table(folder, "path,label", ["a", "b", "d", "a", "b", "d"])
    with pytest.raises(ClassesDifferError, match=r"not list: d \(2 rows, the first in line 4\)"):
        load(path, reading=reading(), classes=["a", "b", "c"])


@pytest.mark.parametrize(("key", "said"), [("path", "id"), ("target", "age"), ("split", "fold")])
def test_a_column_that_is_not_there_is_refused_where_the_spec_names_it(
    folder: Path, key: str, said: str
) -> None:
    table(folder, "path,label", ["a", "b"] * 3)
    spec = {
        "bnnc": 1,
        "name": "a",
        "input": {"shape": [3, 4, 1], "value_range": [0, 16]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 2}],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 2,
            "labels": "integer",
        },
        "training": {"batch_size": 2, "epochs": 99},
        "data": {"source": "labels.csv", "labels": {key: said}},
    }
    all_found = bnnc.check(spec, folder=folder).diagnostics
    (found,) = (one for one in all_found if one.code == "BNN261")
    assert (found.code, found.severity) == ("BNN261", "error")
    place = found.span.source.text[found.span.start : found.span.end]
    assert place == f'"{key}": "{said}"'
    assert f"there is no column `{said}`" in found.notes[0]
    spec["data"] = {"source": "labels.csv"}
    assert bnnc.check(spec, folder=folder).ok


def test_arrays_have_labels_of_their_own(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.ones((3, 4, 5, 1)), y_train=np.arange(3))
    error = refused(tmp_path / "a.npz", reading(target="a"), "labels of its own", SpecDataError)
    assert error.path == ("data", "labels")
