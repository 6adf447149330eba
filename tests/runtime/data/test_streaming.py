"""Images that are read from their files in every epoch, against the same images in memory."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bnnc.cli.app import run
from bnnc.errors import DataError
from bnnc.runtime.data import image_files, image_stack, load
from bnnc.runtime.data.dataset import Dataset
from bnnc.runtime.data.image_files import ImageFiles
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.program import Program
from bnnc.runtime.runs.run_folder import RunError, check_resumable
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.specs.data import Labels, Reading, Resize, Splits
from tests.support.tiny_program import program

RNG = np.random.default_rng(40)
SIZE = 6


def write(path: Path, *, channels: int = 1, bits: int = 8, size: int = SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    array = RNG.integers(0, 2**bits, (size, size, channels), dtype=f"uint{bits}")
    Image.fromarray(array if channels == 3 else array[..., 0]).save(path)


def folder(root: Path, *parts: str, each: int = 9, **how: Any) -> Path:
    for part in parts or ("",):
        for name in ("a", "b", "c"):
            for number in range(each):
                write(root / part / name / f"{number}.png", **how)
    return root


def both(source: Path, **reading: Any) -> tuple[Dataset, Dataset]:
    """The data in memory, and streamed."""
    return (
        load(source, reading=Reading(**reading, streaming=False)),
        load(source, reading=Reading(**reading, streaming=True)),
    )


def gray(root: Path) -> tuple[Path, dict[str, Any]]:
    return folder(root, "train", "val", "test"), {}


def colour(root: Path) -> tuple[Path, dict[str, Any]]:
    return folder(root, channels=3), {}


def mixed(root: Path) -> tuple[Path, dict[str, Any]]:
    write(folder(root) / "b/colour.png", channels=3)
    return root, {"channels": 3}


def sixteen_bits(root: Path) -> tuple[Path, dict[str, Any]]:
    return folder(root, bits=16), {}


def jpeg(root: Path) -> tuple[Path, dict[str, Any]]:
    write(folder(root, channels=3) / "a/photograph.jpg", channels=3)
    return root, {}


def resized(root: Path) -> tuple[Path, dict[str, Any]]:
    write(folder(root) / "b/large.png", size=9)
    return root, {"resize": Resize(height=5, width=4)}


def split_by_shares(root: Path) -> tuple[Path, dict[str, Any]]:
    return folder(root), {"splits": Splits(validation=0.2, test=0.3, stratified=True)}


def table(root: Path) -> tuple[Path, dict[str, Any]]:
    folder(root / "images")
    rows = [f"{name}/{number}.png,{number},{number // 3}" for name in "abc" for number in range(9)]
    (root / "labels.csv").write_text("\n".join(["path,age,patient", *rows]))
    labels = Labels(file="../labels.csv", target="age")
    return root / "images", {"labels": labels, "kind": "real", "splits": Splits(test=0.3)}


KINDS = (gray, colour, mixed, sixteen_bits, jpeg, resized, split_by_shares, table)


@pytest.mark.parametrize("kind", KINDS)
def test_streamed_images_are_those_in_memory(kind: Any, tmp_path: Path) -> None:
    source, reading = kind(tmp_path)
    kept, streamed = both(source, **reading)
    for part in ("train", "validation", "test"):
        one, other = getattr(kept, part), getattr(streamed, part)
        assert (one is None) == (other is None)
        if one is None:
            continue
        assert isinstance(other.images, ImageFiles)
        assert other.images.shape == one.images.shape
        assert other.images.dtype == one.images.dtype
        assert np.array_equal(np.asarray(other.images), one.images)
        assert np.array_equal(other.labels, one.labels)
        rows = np.arange(len(one.images))[::-2]
        assert np.array_equal(other.images[rows].read(), one.images[rows])
    assert streamed.class_names == kept.class_names


def variants(root: Path) -> None:
    """Files as programs and cameras write them, of photographs with edges and noise."""
    coarse = RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8)
    colour = Image.fromarray(coarse).resize((37, 41), Image.Resampling.BICUBIC)
    gray, alpha = colour.convert("L"), colour.convert("RGBA")
    alpha.putalpha(colour.convert("L"))
    exif = Image.Exif()
    exif[0x0112] = 6
    ways: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        **{
            f"sampling{one}.jpg": (colour, {"subsampling": one, "quality": 80}) for one in (0, 1, 2)
        },
        "progressive.jpg": (colour, {"progressive": True}),
        "optimized.jpg": (colour, {"optimize": True, "quality": 35}),
        "rgb.jpg": (colour, {"keep_rgb": True}),
        "turned.jpg": (colour, {"exif": exif}),
        "gray.jpg": (gray, {}),
        "cmyk.jpg": (colour.convert("CMYK"), {}),
        "colour.png": (colour, {}),
        "gray.png": (gray, {}),
        "palette.png": (colour.convert("P"), {}),
        "alpha.png": (alpha, {}),
        "key.png": (colour, {"transparency": tuple(np.asarray(colour)[3, 3].tolist())}),
        "one_bit.png": (colour.convert("1"), {}),
        "profile.png": (colour, {"icc_profile": bytes(5000)}),
        "colour.gif": (colour.convert("P"), {}),
        "colour.bmp": (colour, {}),
        "colour.webp": (colour, {"lossless": True}),
    }
    for number, (name, (image, how)) in enumerate(ways.items()):
        path = root / "ab"[number % 2] / name
        path.parent.mkdir(exist_ok=True)
        image.save(path, **how)
    whole = (root / "a/sampling0.jpg").read_bytes()
    (root / "b/trailing.jpg").write_bytes(whole + b"after the end")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("first", ["sampling0.jpg", "colour.png", "colour.bmp"])
def test_every_kind_of_file_has_the_pixels_of_pillow(
    first: str, channels: int, tmp_path: Path
) -> None:
    """TensorFlow decodes some of them: those in the format of the first one."""
    variants(tmp_path)
    (original,) = tmp_path.glob(f"*/{first}")
    shutil.copy(original, tmp_path / "a" / f"0{original.suffix}")
    kept, streamed = both(tmp_path, channels=channels)
    batches = ArrayBatches(streamed.train.images, streamed.train.labels, 4, None, (0.0, 255.0))
    found = [(images.numpy(), labels.numpy()) for images, labels in batches.epoch(0)]
    images, labels = (np.concatenate(one) for one in zip(*found, strict=True))
    assert np.array_equal(labels, kept.train.labels)
    for row, image in enumerate(images):
        path = streamed.train.images.path(row)  # type: ignore[attr-defined]
        assert np.array_equal(image, kept.train.images[row]), path.name
    narrow = replace(batches, value_range=(0.0, 254.9))
    with pytest.raises(DataError, match="Expected values in"), narrow.reading():
        list(narrow.epoch(0))


@pytest.mark.parametrize("threads", [1, 7])
def test_the_number_of_threads_changes_nothing(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, streamed = both(folder(tmp_path))
    with ThreadPoolExecutor(threads) as pool:
        monkeypatch.setattr(image_files, "_pool", lambda: pool)
        assert np.array_equal(np.asarray(streamed.train.images), kept.train.images)


def of_classes(source: Path, *, epochs: int = 2, **data: Any) -> Program:
    return program(
        input={"shape": [SIZE, SIZE, 1], "value_range": [0, 255]},
        output={
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 3,
            "labels": "integer",
        },
        layers=[{"type": "flatten"}, {"type": "dense", "units": 3}],
        bayesian={"method": "flipout"},
        data={"source": str(source), **data},
        training={"batch_size": 4, "epochs": epochs, "seed": 3},
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"validation_split": 0.2},
        {"splits": {"validation": 0.3}},
        {"validation_split": 0.4, "balance": "resample"},
    ],
)
def test_training_ends_in_the_same_weights(data: dict[str, Any], tmp_path: Path) -> None:
    source = folder(tmp_path)
    made = []
    for streaming in (False, True):
        trained = of_classes(source, streaming=streaming, **data)
        history = trained.fit(verbose=0).history
        del history["seconds"], history["images_per_second"]
        made.append(([np.asarray(one) for one in trained.model.weights], history))
    (weights, history), (other_weights, other_history) = made
    assert history == other_history
    for one, other in zip(weights, other_weights, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("balance", [None, "resample"])
def test_an_epoch_goes_on_from_any_step(balance: str | None, tmp_path: Path) -> None:
    source = folder(tmp_path)
    for streaming in (False, True):
        batches = of_classes(source, streaming=streaming, balance=balance).prepare().train
        whole = [images.numpy() for images, _ in batches.epoch(1)]
        assert len(whole) == batches.steps == 7
        for first in (1, 5, 7):
            left = [images.numpy() for images, _ in batches.epoch(1, first)]
            assert len(left) == 7 - first
            assert all(map(np.array_equal, left, whole[first:]))


def test_images_beyond_memory_are_streamed_unless_the_spec_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 2 * 27 * SIZE * SIZE
    monkeypatch.setattr(image_stack, "fits_in_memory", lambda asked: asked < size)
    dataset = load(folder(tmp_path, "train", "test"))
    assert isinstance(dataset.train.images, ImageFiles)
    assert dataset.notes[0].endswith("of memory, and are read from their files in every epoch")
    kept = load(tmp_path, reading=Reading(streaming=False))
    assert isinstance(kept.train.images, np.ndarray)
    monkeypatch.setattr(image_stack, "fits_in_memory", lambda asked: asked <= size)
    assert isinstance(load(tmp_path).train.images, np.ndarray)


def truncated(path: Path) -> str:
    path.write_bytes(path.read_bytes()[:50])
    return "cannot be read as an image"


def damaged(path: Path) -> str:
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 6] ^= 0xFF
    path.write_bytes(content)
    return "cannot be read as an image"


def larger(path: Path) -> str:
    write(path, size=9)
    return "is 9 × 9 (height × width), and other images are 6 × 6"


def coloured(path: Path) -> str:
    write(path, channels=3)
    return "is in colour, and other images are gray"


def deeper(path: Path) -> str:
    write(path, bits=16)
    return "has 16 bits a channel, and other images have 8"


@pytest.mark.parametrize("spoil", [truncated, damaged, larger, coloured, deeper])
def test_a_file_unlike_the_others_ends_the_first_epoch_by_name(
    spoil: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_stack, "MOST_HEADERS", 3)
    made = of_classes(folder(tmp_path), streaming=True)
    prepared = made.prepare()
    path = tmp_path / "b/4.png"
    problem = spoil(path)
    with pytest.raises(DataError) as raised:
        made.train(prepared)
    assert str(raised.value).startswith(f"{path}: ")
    assert problem in str(raised.value)


def test_values_beyond_the_range_of_the_spec_are_refused_when_they_are_read(
    tmp_path: Path,
) -> None:
    made = of_classes(folder(tmp_path), streaming=True)
    prepared = made.prepare()
    assert isinstance(prepared.train, ArrayBatches)
    narrow = Prepared(
        prepared.name, replace(prepared.train, value_range=(0.0, 200.0)), None, prepared.facts
    )
    with pytest.raises(DataError, match=r"\d\.png: row 0 holds .* `value_range: \[0, 200\]`"):
        made.train(narrow)


def test_the_digest_is_that_of_the_files_wherever_they_lie(tmp_path: Path) -> None:
    source = folder(tmp_path / "here")
    digest = of_classes(source, streaming=True).prepare().digest()
    assert (digest or "").startswith("files-sha256:")
    copied = shutil.copytree(source, tmp_path / "there", copy_function=shutil.copyfile)
    assert of_classes(copied, streaming=True).prepare().has_digest(digest)
    write(copied / "b/4.png")
    assert not of_classes(copied, streaming=True).prepare().has_digest(digest)


def test_a_run_goes_on_where_images_are_in_memory_or_not(tmp_path: Path) -> None:
    source = folder(tmp_path)
    for before, after in ((False, True), (True, False)):
        made = of_classes(source, streaming=before)
        made.fit(verbose=0)
        check_resumable(made, of_classes(source, streaming=after).prepare(), 2)
    kept = of_classes(source, streaming=False)
    kept.fit(verbose=0)
    write(source / "c/2.png")
    with pytest.raises(RunError, match="images or labels are not those"):
        check_resumable(kept, of_classes(source, streaming=True).prepare(), 2)


def test_arrays_are_not_streamed(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x_train=np.zeros((4, 6, 6, 1)), y_train=np.arange(4) % 2)
    with pytest.raises(DataError, match=r"Delete `streaming`, or store the images as files"):
        load(tmp_path / "data.npz", reading=Reading(streaming=True))


def test_streaming_is_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    folder(tmp_path)
    made = {of_classes(tmp_path, streaming=one).spec.fingerprint() for one in (None, False, True)}
    assert len(made) == 1


def test_the_command_line_trains_evaluates_and_names_a_broken_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder(tmp_path / "images", "train", "test")
    spec = of_classes(source, streaming=True).spec
    path = tmp_path / "spec.json"
    path.write_text(spec.model_dump_json(exclude_defaults=True))
    place = str(tmp_path / "run")
    assert run(["train", str(path), "--run", place]) == 0
    assert run(["evaluate", place]) == 0
    assert "27 test images" in capsys.readouterr().out
    broken = source / "train/b/4.png"
    truncated(broken)
    assert run(["train", str(path), "--run", str(tmp_path / "other")]) == 2
    assert str(broken) in capsys.readouterr().err
