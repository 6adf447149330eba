"""`bnnc data` on data as people have it, and what it writes."""

from __future__ import annotations

import gzip
import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from PIL import Image

from bnnc.cli.app import run
from bnnc.cli.survey_text import as_text
from bnnc.runtime.data.survey import survey_data

RNG = np.random.default_rng(12)
IMAGES = RNG.integers(0, 256, (60, 6, 6), dtype=np.uint8)
LABELS = np.arange(60) % 2
SPEC = """\
bnnc: 1
name: scans
input: {shape: [6, 6, 1]}   # a square
layers:
  - {type: flatten}
  - {type: dense, units: 1}   # yes or no
output: {distribution: bernoulli, parameterization: logits, labels: binary}
training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 50}
data: {source: SOURCE}   # from the clinic
"""


def folder(path: Path) -> None:
    for row, (pixels, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        file = path / "scans" / ("good" if label else "bad") / f"{row:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)


def table(path: Path) -> None:
    folder(path)
    rows = [
        f"scans/{'good' if one else 'bad'}/{row:02d}.png,{one}" for row, one in enumerate(LABELS)
    ]
    (path / "labels.csv").write_text("path,label\n" + "\n".join(rows))


def archive(path: Path) -> None:
    np.savez(path / "scans.npz", x_train=IMAGES, y_train=LABELS)


def idx(path: Path) -> None:
    (path / "idx").mkdir()
    for name, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS.astype(np.uint8))):
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        content = gzip.compress(header + array.tobytes())
        (path / "idx" / f"train-{name}-ubyte.gz").write_bytes(content)


LAYOUTS = {"scans": folder, "labels.csv": table, "scans.npz": archive, "idx": idx}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_spec(place: Path, source: str, **changes: str) -> None:
    text = SPEC.replace("SOURCE", source)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (place / "spec.yaml").write_text(text)


def data_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    data = json.loads(capsys.readouterr().out)["data"]
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("source", LAYOUTS)
@pytest.mark.parametrize("by_spec", [True, False])
def test_every_layout_has_the_same_numbers(
    place: Path, source: str, by_spec: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    LAYOUTS[source](place)
    write_spec(place, source)
    assert run(["data", "spec.yaml" if by_spec else f"./{source}", "--json"]) == 0
    data = data_of(capsys)
    assert data["rows"] == {"train": 60}
    assert data["shape"] == [6, 6, 1]
    assert data["label_counts"] == {"train": [30, 30]}
    np.testing.assert_allclose(data["input"]["mean"], [IMAGES.mean() / 255], rtol=1e-12)
    np.testing.assert_allclose(data["input"]["std"], [IMAGES.std() / 255], rtol=1e-12)
    assert data["duplicates"] == data["unreadable"] == data["odd"] == []


def test_a_named_source_is_read_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "digits"]) == 0
    out = capsys.readouterr().out
    assert "rows        1,437 train, 360 test\n" in out
    assert "mean: 0.3054, std: 0.3761}" in out
    assert re.search(r"^9 +143 +10\.0% +37 +10\.3%$", out, re.MULTILINE)


def test_all_broken_files_are_named_and_the_spec_has_an_error(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(place)
    for name in ("bad/cut.png", "good/cut.png", "good/none.png"):
        (place / "scans" / name).write_bytes((place / "scans/bad/00.png").read_bytes()[:50])
    write_spec(place, "scans")
    assert run(["data", "spec.yaml"]) == 1
    out = capsys.readouterr().out
    for name in ("bad/cut.png", "good/cut.png", "good/none.png"):
        assert f"\n  {name}: cannot be read as an image" in out
    assert "error[BNN279]: 3 image files cannot be read\n --> spec.yaml:9:16" in out
    assert "[BNN261]" not in out
    assert run(["data", "scans"]) == 1


def test_check_looks_at_the_rows_only_where_it_is_asked_to(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = LABELS.copy()
    labels[7] = 9
    np.savez(place / "scans.npz", x_train=IMAGES[..., None], y_train=np.r_[labels[:59], 300])
    write_spec(place, "scans.npz")
    run(["check", "spec.yaml"])
    assert "[BNN280]" not in capsys.readouterr().out
    assert run(["check", "--data", "spec.yaml"]) == 1
    of_check = capsys.readouterr().out
    assert "error[BNN280]: 2 of 60 rows have labels outside of 0 to 1" in of_check
    assert run(["data", "spec.yaml"]) == 1
    assert capsys.readouterr().out.endswith(of_check)


def test_check_fixes_what_the_rows_show(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive(place)
    write_spec(place, "scans.npz", **{"[6, 6, 1]}": "[6, 6, 1], mean: 0.0, std: 0.02}"})
    assert run(["check", "--data", "--unsafe-fixes", "spec.yaml"]) == 0
    assert "BNN275" in capsys.readouterr().out
    mean, std = IMAGES.mean() / 255, IMAGES.std() / 255
    assert f"mean: {mean:.4g}, std: {std:.4g}}}   # a square" in (place / "spec.yaml").read_text()


def test_write_keeps_comments_and_a_second_time_changes_nothing(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(place)
    write_spec(place, "scans", **{"[6, 6, 1]": "[28, 28, 1]"})
    before = (place / "spec.yaml").read_text()
    run(["data", "spec.yaml", "--diff"])
    shown = capsys.readouterr().out
    assert (place / "spec.yaml").read_text() == before
    run(["data", "spec.yaml", "--write"])
    after = (place / "spec.yaml").read_text()
    mean, std = IMAGES.mean() / 255, IMAGES.std() / 255
    assert after == before.replace(
        "[28, 28, 1]", f"[6, 6, 1], value_range: [0, 255], mean: {mean:.4g}, std: {std:.4g}"
    ).replace("source: scans", "source: scans, classes: [bad, good]")
    assert {line for line in shown.splitlines() if re.match(r"[+-][^+-]", line)} == {
        *(f"-{line}" for line in set(before.splitlines()) - set(after.splitlines())),
        *(f"+{line}" for line in set(after.splitlines()) - set(before.splitlines())),
    }
    capsys.readouterr()
    assert run(["data", "spec.yaml", "--write"]) == 0
    assert capsys.readouterr().out.endswith("nothing to write\n")
    assert (place / "spec.yaml").read_text() == after


def test_json_specs_get_numbers_and_no_words(place: Path) -> None:
    folder(place)
    document = yaml.safe_load(SPEC.replace("SOURCE", "scans"))
    (place / "spec.json").write_text(json.dumps(document, indent=2))
    assert run(["data", "spec.json", "--write"]) == 0
    written = json.loads((place / "spec.json").read_text())
    assert written["data"]["classes"] == ["bad", "good"]
    assert written["input"]["mean"] == float(f"{IMAGES.mean() / 255:.4g}")
    assert written["input"]["value_range"] == [0, 255]


def test_what_belongs_into_an_extended_file_is_not_written(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(place)
    write_spec(place, "scans.npz")
    before = (place / "spec.yaml").read_text()
    (place / "mine.yaml").write_text("bnnc: 1\nextends: spec.yaml\ntraining: {epochs: 60}\n")
    assert run(["data", "mine.yaml", "--write"]) == 0
    out = capsys.readouterr().out
    assert "not written: `input.mean: " in out
    assert out.endswith("nothing to write\n")
    assert (place / "spec.yaml").read_text() == before


@pytest.mark.parametrize("suffix", ["png", "html"])
def test_a_sheet_shows_classes_odd_images_and_duplicates(
    place: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(place)
    Image.new("L", (6, 6)).save(place / "scans/bad/zz <blank>.png")
    Image.fromarray(IMAGES[1]).save(place / "scans/good/zz.png")
    assert run(["data", "scans", "--sheet", f"sheet.{suffix}", "--images", "3"]) == 0
    assert capsys.readouterr().out.endswith(f"sheet.{suffix}: 9 images\n")
    assert run(["data", "scans", "--sheet", f"sheet.{suffix}", "--images", "3"]) == 0  # once more
    other = place / f"other.{suffix}"
    other.write_bytes(b"of somebody")
    assert run(["data", "scans", "--sheet", other.name]) == 2
    assert other.read_bytes() == b"of somebody"
    assert "is not a contact sheet of bnnc; choose another file" in capsys.readouterr().err
    if suffix == "png":
        with Image.open(place / "sheet.png") as sheet:
            sheet.load()
            assert min(sheet.size) > 300
        return
    page = (place / "sheet.html").read_text()
    assert page.count("<img ") == page.count(" alt='") == 9
    assert "alt='look odd: bad/zz &lt;blank&gt;.png'" in page
    assert "alt='same pixels: good/zz.png'" in page
    assert "prefers-color-scheme: dark" in page
    assert "http" not in page


def test_the_pictures_of_a_page_are_those_of_the_files(place: Path) -> None:
    import base64
    import io

    folder(place)
    run(["data", "scans", "--sheet", "sheet.html", "--images", "2"])
    page = (place / "sheet.html").read_text()
    shown = re.findall(r"base64,([^']+)' alt='(\w+): (\S+)'", page)
    assert len(shown) == 4
    for data, class_name, name in shown:
        assert name.startswith(f"{class_name}/")
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            pixels: npt.NDArray[Any] = np.asarray(image)
        original = np.asarray(Image.open(place / "scans" / name))
        middles = (np.arange(6) * pixels.shape[0] + pixels.shape[0] // 2) // 6
        assert np.array_equal(pixels[np.ix_(middles, middles)], original)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.npz"], "neither a known name nor an existing path"),
        (["digit"], "Did you mean `digits`?"),
        (["missing.yaml"], "missing.yaml does not exist"),
        (["train.py"], "write its spec with `bnnc import`"),
        (["digits", "--write"], "--write, --diff and --set are about a spec"),
        (["none.yaml"], "names no data"),
        (["gone.yaml"], "is not there"),
        (["gone.yaml", "--write", "--set", "name=a"], "cannot go with --set"),
        (["gone.yaml", "--diff", "--json"], "cannot go with --json"),
        (["digits", "--sheet", "sheet.gif"], "writes .png or .html files"),
        (["digits", "--sheet", "no/sheet.png"], "cannot be written"),
    ],
)
def test_wrong_use_is_one_error(
    place: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(place, "gone")
    (place / "spec.yaml").rename(place / "gone.yaml")
    text = (place / "gone.yaml").read_text()
    (place / "none.yaml").write_text(text.replace("data:", "# data:"))
    assert run(["data", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("error: ") == 1
    assert "Traceback" not in error


def test_images_that_cannot_be_drawn_have_no_sheet(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(place / "many.npz", x_train=RNG.random((60, 6, 6, 4)), y_train=LABELS)
    assert run(["data", "many.npz", "--sheet", "sheet.png"]) == 2
    assert "images of 1 or 3 channels" in capsys.readouterr().err
    assert not (place / "sheet.png").exists()


def test_a_terminal_is_never_told_what_to_do_by_a_name(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(place)
    (place / "scans/bad/\x1b]0;x.png").write_bytes(b"")
    assert run(["data", "scans"]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\\x1b]0;x.png: cannot be read" in out


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_text_fits_a_terminal(place: Path, columns: int) -> None:
    folder(place)
    for name in ("bad/cut.png", "good/none.png"):
        (place / "scans" / name).write_bytes(b"no image")
    survey, _ = survey_data("scans")
    text = as_text(survey, (0.0, 255.0), columns)
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("cannot be read as an image") == 2
