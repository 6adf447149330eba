"""Files that are damaged, endless or no files at all, for `benchmarks/fuzz.py`.

The law: what reads a file gives what is in it, or raises its own error with a message that can be
printed; it neither waits nor reads on for ever.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import socket
import tempfile
import unicodedata
import warnings
import zipfile
from mmap import mmap
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
from PIL import Image

from benchmarks.fuzzing.inputs import ROOT
from benchmarks.fuzzing.trial import Trial, hold
from bnnc.api import check
from bnnc.compiler.diagnostics.render import render
from bnnc.errors import ArtifactError, SpecFileError, WeightsError
from bnnc.runtime.data import DataError, load, memory, read_images
from bnnc.runtime.layers.backbone import _load
from bnnc.runtime.runs.loading import load as load_program
from bnnc.runtime.runs.run_folder import METRICS, RunError, read_metrics
from bnnc.system import reading
from tests.support.tiny_program import program

SHAPE = (6, 5, 3)
SPARSE_BYTES = 2**40
_WITH_A_PROGRAM = 0.04  # of the inputs: loading one takes Keras half a second
REFUSALS = (ArtifactError, DataError, RunError, SpecFileError, WeightsError)
PIPE_SECONDS = 0.001  # a pipe of ours never has a writer
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _contents() -> dict[str, bytes]:
    """A sound file of every format, by the name that it has."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (4, *SHAPE), np.uint8)
    labels = np.array([0, 1, 0, 1])
    gray = images[..., :1].reshape(4, 6, 5)
    found: dict[str, bytes] = {}
    for name, save in (("data.npz", np.savez), ("packed.npz", np.savez_compressed)):
        file = io.BytesIO()
        save(file, x_train=images, y_train=labels)
        found[name] = file.getvalue()
    file = io.BytesIO()
    np.save(file, images)
    found["images.npy"] = file.getvalue()
    found["train-images-idx3-ubyte"] = bytes((0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 5))
    found["train-images-idx3-ubyte"] += gray.tobytes()
    found["train-images-idx3-ubyte.gz"] = gzip.compress(found["train-images-idx3-ubyte"])
    for form in ("png", "jpg", "bmp", "gif"):
        file = io.BytesIO()
        Image.fromarray(images[0]).save(file, format={"jpg": "jpeg"}.get(form, form))
        found[f"image.{form}"] = file.getvalue()
    found["spec.yaml"] = (ROOT / "specs/gallery/digits-flipout.yaml").read_bytes()
    found["base.yaml"] = found["spec.yaml"]
    found[METRICS] = b"".join(
        json.dumps({"epoch": one, "loss": 0.5}).encode() + b"\n" for one in range(3)
    )
    with tempfile.TemporaryDirectory() as folder:
        made = program()
        made.save(Path(folder, "program"))
        for path in Path(folder, "program").iterdir():
            found[path.name] = path.read_bytes()
    weights = io.BytesIO(found["model.keras"])
    with zipfile.ZipFile(weights) as archive:
        found["some.weights.h5"] = archive.read("model.weights.h5")
    return found


class HostileFiles(Trial):
    """Takes a seed: it says which file, and what is done to it."""

    most_seconds = 10.0  # making a model takes Keras a second
    _WITH_A_MODEL = frozenset({"model.keras", "manifest.json", "model.py"})

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        super().__init__(source, folder, current=current)
        warnings.simplefilter("ignore")
        reading.WRITER_SECONDS = PIPE_SECONDS
        memory.MEMORY_LIMIT_BYTES = 2**24
        self.contents = _contents()
        self.place = Path(tempfile.mkdtemp(prefix="bnnc-fuzz-"))

    def finish(self, path: Path) -> None:
        """Write the account, and remove the files."""
        shutil.rmtree(self.place, ignore_errors=True)
        super().finish(path)

    def take(self, data: bytes) -> None:
        """Write the file, damaged, and read it."""
        random = Random(data)
        heavy = random.random() < _WITH_A_PROGRAM
        names = [one for one in self.contents if (one in self._WITH_A_MODEL) == heavy]
        name = random.choice(names)
        folder = self.place / str(self.result.inputs)
        folder.mkdir()
        try:
            path = folder / name
            if name in self._WITH_A_MODEL:
                for one in self._WITH_A_MODEL:
                    (folder / one).write_bytes(self.contents[one])
                path.unlink()
            if name == "train-images-idx3-ubyte" or name.endswith(".gz"):
                labels = bytes((0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 0, 1))
                (folder / "train-labels-idx1-ubyte").write_bytes(labels)
            self._damage(random, path)
            self._read(path)
        except REFUSALS as error:
            self.result.fixed += 1
            _hold_printable(str(error))
        finally:
            if heavy:
                keras.backend.clear_session()
            shutil.rmtree(folder)

    def _damage(self, random: Random, path: Path) -> None:
        content = self.contents[path.name]
        match random.randrange(12):
            case 0:
                _no_file(random, path)
            case 1:
                path.write_bytes(content[: random.randrange(len(content) + 1)])
            case 2:  # sparse: it takes no room
                path.write_bytes(content[: random.randrange(len(content) + 1)])
                os.truncate(path, random.choice((2**20, 2**32, SPARSE_BYTES)))
            case 3:
                other = random.choice(list(self.contents.values()))
                path.write_bytes(random.choice((other, content + other, other + content)))
            case 4 | 5 | 6 | 7 if path.suffix in {".npz", ".keras"}:
                path.write_bytes(_repacked(random, content))
            case 4 | 5 | 6 | 7 if path.suffix in {".json", ".jsonl"}:
                path.write_bytes(_other_json(random, content))
            case _:
                path.write_bytes(_flipped(random, content))

    def _read(self, path: Path) -> None:
        name = path.name
        if name in self._WITH_A_MODEL:
            load_program(path.parent)
        elif name == METRICS:
            read_metrics(path.parent, 3)
        elif path.suffix == ".h5":
            _load(keras.Sequential(), path, "ResNet50")
        elif name == "base.yaml":
            document = {"bnnc": 1, "extends": name}
            _hold_printable(render(check(document, folder=path.parent).diagnostics))
        elif name == "spec.yaml":
            _hold_printable(render(check(path).diagnostics))
        elif name.startswith("train-"):
            load(path.parent)
        elif path.suffix == ".npz":
            load(path)
        else:
            read_images(path, shape=SHAPE)


def _no_file(random: Random, path: Path) -> None:
    """Something that is no regular file, or a link."""
    match random.randrange(6):
        case 0:
            os.mkfifo(path)
        case 1:
            path.mkdir()
        case 2:
            path.symlink_to(random.choice(("/dev/zero", "/dev/full", "/dev/null", "/dev/tty")))
        case 3:
            path.symlink_to(path.name)
        case 4:
            path.symlink_to("nowhere")
        case _:
            here = os.getcwd()
            os.chdir(path.parent)  # the address of a socket may have some hundred characters
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(path.name)
            os.chdir(here)


def _flipped(random: Random, content: bytes) -> bytes:
    """Bits and bytes changed, most of them near the beginning or the end, where formats begin."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5, 40))):
        if not data:
            break
        at = random.choice(
            (
                random.randrange(min(64, len(data))),
                random.randrange(len(data)),
                len(data) - 1 - random.randrange(min(64, len(data))),
            )
        )
        match random.randrange(5):
            case 0:
                data[at] ^= 1 << random.randrange(8)
            case 1:
                data[at] = random.choice((0, 255, 127, 128, 27))
            case 2:
                data[at : at + random.randrange(9)] = b""
            case 3:
                data[at:at] = random.randbytes(random.randrange(9))
            case _:
                data[at : at + 4] = random.choice((b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4)))
    return bytes(data)


def _repacked(random: Random, content: bytes) -> bytes:
    """An archive whose parts were changed, with checksums that say that they were not."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(parts))
    if name.endswith(".json"):
        parts[name] = _other_json(random, parts[name])
    else:
        parts[name] = _flipped(random, parts[name])
    match random.randrange(8):
        case 0:
            parts[random.choice(("../x", "/etc/x", "assets/x", "y_test.npy"))] = b"x"
        case 1:
            del parts[name]
    file = io.BytesIO()
    packing = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(file, "w", packing) as archive:
        for one, data in parts.items():
            archive.writestr(one, data)
    return file.getvalue()


_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 0.5, 10**30, float("nan"), float("inf"), "", "x", "\x1b]0;x\x07", [], {}),
    *("/dev/zero", "imagenet", "http://127.0.0.1:9/x", "\ud83d", [[]], {"class_name": "Lambda"}),
    {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None},
    {"module": "keras.utils", "class_name": "function", "config": "get_file"},
)


def _other_json(random: Random, content: bytes) -> bytes:
    """JSON with a value replaced, a key removed, or nested too deep."""
    if b"\n{" in content.strip():  # lines of JSON
        lines = content.splitlines()
        lines[random.randrange(len(lines))] = _other_json(random, lines[0])
        return b"\n".join(lines)
    document = json.loads(content)
    if random.random() < 0.02:
        return b"[" * 100_000
    place = document
    while True:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = random.choice(keys)
        if isinstance(place[key], dict | list) and random.random() < 0.85:
            place = place[key]
            continue
        if random.random() < 0.2:
            del place[key]
        else:
            place[key] = random.choice(_VALUES)
        break
    return json.dumps(document).encode()


def _hold_printable(text: str) -> None:
    obeyed = [one for one in text if unicodedata.category(one) in _OBEYED and one not in "\n\t"]
    hold(not obeyed, "a character that a terminal obeys")
    hold(len(text) < 20_000, "a message of more than 20,000 characters")
