"""Programs on disk: nothing changes, nothing is half there, nothing damaged is believed."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from bnnc.errors import ArtifactError, OutputError
from bnnc.runtime import artifacts
from bnnc.runtime.artifacts import manifest_validator
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, program

FILES = ["manifest.json", "model.keras", "model.py"]
METHODS = ("none", "mc_dropout", "flipout", "local_reparameterization")


@pytest.fixture(scope="module")
def trained() -> Program:
    made = program()
    made.fit(*arrays(20), epochs=2)
    return made


@pytest.fixture(scope="module")
def saved(trained: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "program"
    trained.save(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy of the saved program, to be damaged."""
    return Path(shutil.copytree(saved, tmp_path / "program"))


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def contents_of(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.mark.parametrize("method", METHODS)
def test_saving_and_loading_changes_nothing(method: str, tmp_path: Path) -> None:
    made = program(method)
    if method == "flipout":
        made.fit(*arrays(20), epochs=1)
    else:  # a step needs no trace
        made.model.bind(rows=20, batch_size=8)
        made.train_step(*arrays(8))
    made.save(tmp_path / "program")
    loaded = load(tmp_path / "program")
    assert names_in(tmp_path / "program") == FILES
    assert loaded.spec.canonical() == made.spec.canonical()
    assert loaded.source == made.source
    assert loaded.manifest == json.loads(json.dumps(made.manifest))
    images, _ = arrays(6, seed=9)
    one, other = of_classes(made.predict(images)), of_classes(loaded.predict(images))
    np.testing.assert_array_equal(one.probs, other.probs)
    np.testing.assert_array_equal(one.mutual_information, other.mutual_information)
    before: Any = made.model
    after: Any = loaded.model
    for variable, loaded_variable in zip(
        [*before.variables, *before.optimizer.variables],
        [*after.variables, *after.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(np.array(variable), np.array(loaded_variable))
    batch = arrays(8, seed=2)
    assert made.train_step(*batch) == loaded.train_step(*batch)


def test_an_untrained_program_is_saved_too(tmp_path: Path) -> None:
    made = program()
    made.save(tmp_path / "program")
    loaded = load(tmp_path / "program")
    assert loaded.manifest["trained"] is None
    loaded.model.bind(rows=20, batch_size=8)
    made.model.bind(rows=20, batch_size=8)
    assert loaded.train_step(*arrays(8)) == made.train_step(*arrays(8))


def test_saving_again_replaces_the_old_program(trained: Program, folder: Path) -> None:
    (folder / "model.py").write_text("old", encoding="utf-8")
    trained.save(folder)
    assert names_in(folder) == FILES
    assert (folder / "model.py").read_text(encoding="utf-8") == trained.source
    assert names_in(folder.parent) == ["program"]


@pytest.mark.parametrize("failing", ["save_model", "write_text", "write_manifest"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_folder_and_nothing_else(
    failing: str,
    error: BaseException,
    trained: Program,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = contents_of(folder)

    def fail(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(artifacts, failing, fail)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        trained.save(folder)
    assert contents_of(folder) == before
    assert names_in(folder.parent) == ["program"]
    with pytest.raises((OutputError, KeyboardInterrupt)):
        trained.save(folder.parent / "new")
    assert names_in(folder.parent) == ["program"]


def test_a_full_disk_is_said_in_words(
    trained: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **keywords: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        trained.save(tmp_path / "program")
    assert names_in(tmp_path) == []


def test_a_folder_of_somebody_else_is_left_alone(trained: Program, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(OutputError, match="a folder with other things in it"):
        trained.save(tmp_path)
    assert names_in(tmp_path) == ["thesis.tex"]


def test_a_file_is_no_place_for_a_program(trained: Program, tmp_path: Path) -> None:
    (tmp_path / "program").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="not a folder"):
        trained.save(tmp_path / "program")
    assert (tmp_path / "program").read_text(encoding="utf-8") == "a file"


def test_what_lies_beside_an_old_program_is_not_lost(trained: Program, folder: Path) -> None:
    """A web application has a manifest.json too, and a run has its metrics."""
    (folder / "metrics.jsonl").write_text("{}\n", encoding="utf-8")
    before = contents_of(folder)
    with pytest.raises(OutputError, match=r"also holds metrics\.jsonl, which would be lost"):
        trained.save(folder)
    assert contents_of(folder) == before
    assert names_in(folder.parent) == ["program"]


def test_a_link_to_nowhere_is_left_alone(trained: Program, tmp_path: Path) -> None:
    (tmp_path / "program").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="nowhere, which is not there"):
        trained.save(tmp_path / "program")
    assert (tmp_path / "program").is_symlink()


def test_missing_folders_above_are_made(trained: Program, tmp_path: Path) -> None:
    trained.save(tmp_path / "a" / "b" / "program")
    assert names_in(tmp_path / "a" / "b" / "program") == FILES


def test_a_truncated_model_is_refused(folder: Path) -> None:
    model = folder / "model.keras"
    whole = model.read_bytes()
    for length in [*range(0, len(whole), len(whole) // 25), len(whole) - 1]:
        model.write_bytes(whole[:length])
        with pytest.raises(ArtifactError, match="cannot be loaded as a model"):
            load(folder)


@pytest.mark.filterwarnings("ignore")  # Keras may warn of what it skips before it gives up
def test_a_model_with_a_changed_byte_is_refused_or_the_same(folder: Path, trained: Program) -> None:
    """The archive's checksums find what matters; padding and dates do not matter."""
    model = folder / "model.keras"
    whole = model.read_bytes()
    generator = np.random.default_rng(0)
    refused = 0
    for place in generator.integers(0, len(whole), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        model.write_bytes(bytes(damaged))
        try:
            loaded = load(folder)
        except ArtifactError:
            refused += 1
            continue
        for one, other in zip(loaded.model.get_weights(), trained.model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert refused > 20


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n" + b"\0" * 100, b"\0" * 5000]
)
def test_a_file_that_is_no_model_is_refused(content: bytes, folder: Path) -> None:
    (folder / "model.keras").write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be loaded as a model"):
        load(folder)


def test_a_missing_model_is_refused(folder: Path) -> None:
    (folder / "model.keras").unlink()
    with pytest.raises(ArtifactError, match="cannot be loaded as a model"):
        load(folder)


class Treacherous:
    """What a pickle would run."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("unpickled"),))


def test_nothing_is_unpickled(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    treacherous = pickle.dumps(Treacherous())
    for name in FILES:
        damaged = Path(shutil.copytree(folder, tmp_path / name))
        (damaged / name).write_bytes(treacherous)
        with pytest.raises(ArtifactError):
            load(damaged)
    assert not (tmp_path / "unpickled").exists()


def test_code_in_a_model_is_not_run(folder: Path, tmp_path: Path) -> None:
    """Keras can store a Python function in a Lambda layer; the safe mode refuses it."""
    images = keras.Input((6, 6, 1))
    marker = tmp_path / "run"

    def touch(x: Any) -> Any:
        marker.touch()
        return x

    model = keras.Model(images, keras.layers.Lambda(lambda x: touch(x))(images))
    marker.unlink()
    model.save(folder / "model.keras")
    with pytest.raises(ArtifactError, match="cannot be loaded as a model"):
        load(folder)
    assert not marker.exists()


def test_a_model_of_somebody_else_is_refused(folder: Path) -> None:
    keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten()]).save(folder / "model.keras")
    with pytest.raises(ArtifactError, match="it holds a Sequential, not a model of bnnc"):
        load(folder)


def change(folder: Path, **keys: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest.update(keys)
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [b"", b"not JSON", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000],
    ids=["empty", "words", "open", "bytes", "deep and open", "deep"],
)
def test_a_manifest_that_is_not_json_is_refused(content: bytes, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        load(folder)


@pytest.mark.parametrize("content", ["[]", "{}", "null", "1", '"manifest"', '{"manifest": 1}'])
def test_a_manifest_of_another_form_is_refused(content: str, folder: Path) -> None:
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ArtifactError, match="is not a manifest of bnnc, at the top"):
        load(folder)


@pytest.mark.parametrize(
    "keys",
    [
        {"manifest": 2},
        {"language": 0},
        {"seed": -1},
        {"fingerprint": "md5:1"},
        {"extra": 1},
        {"trained": {"data": 1}},
        {"plan": {"nodes": []}},
        {"versions": {}},
        {"spec": []},
    ],
    ids=str,
)
def test_a_manifest_with_a_wrong_key_is_refused(keys: dict[str, Any], folder: Path) -> None:
    change(folder, **keys)
    with pytest.raises(ArtifactError, match="is not a manifest of bnnc, at "):
        load(folder)


def test_a_changed_spec_is_refused(folder: Path, trained: Program) -> None:
    changed = trained.spec.model_dump(mode="json")
    changed["prediction"]["samples"] = 9
    change(folder, spec=changed)
    with pytest.raises(ArtifactError, match=r"was changed: its fingerprint is sha256:\w+"):
        load(folder)


@pytest.mark.parametrize("spec", [{}, {"bnnc": 2}, {"bnnc": 1, "name": "a b"}], ids=str)
def test_a_spec_that_is_none_is_refused(spec: dict[str, Any], folder: Path) -> None:
    change(folder, spec=spec)
    with pytest.raises(ArtifactError, match="is not one that this bnnc reads"):
        load(folder)


def test_a_folder_without_a_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name, message in (
        ("", r"has no manifest\.json: expected a folder that"),
        ("missing", "missing does not exist: expected a folder that"),
        ("file", "file is a file: expected a folder that"),
    ):
        with pytest.raises(ArtifactError, match=message):
            load(tmp_path / name)


def test_a_damaged_model_is_not_said_to_be_missing(folder: Path) -> None:
    (folder / "model.keras").write_bytes(b"garbage")
    with pytest.raises(ArtifactError, match="its 7 bytes are no Keras archive, or only a part"):
        load(folder)
    (folder / "model.keras").unlink()
    with pytest.raises(ArtifactError, match=r"it is missing\. Copy the folder again"):
        load(folder)


def test_a_missing_source_is_said_to_be_missing(folder: Path) -> None:
    (folder / "model.py").unlink()
    with pytest.raises(ArtifactError, match=r"model\.py is missing\. Copy the folder again"):
        load(folder)


@pytest.mark.parametrize(
    ("method", "sections", "message"),
    [
        ("none", {}, r"has the Conv2D `conv2d` of shape \[4, 4, 4\], where the manifest has the V"),
        ("reparameterization", {}, "has the method `reparameterization`, where the manifest has"),
        (
            "flipout",
            {"layers": [{"type": "flatten"}, {"type": "dense", "units": 3}]},
            r"has the Flatten `flatten` of shape \[36\], where the manifest has the Variational",
        ),
    ],
)
def test_a_model_of_another_spec_beside_a_manifest_is_refused(
    method: str, sections: dict[str, Any], message: str, folder: Path, tmp_path: Path
) -> None:
    program(method, **sections).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "model.keras", folder / "model.keras")
    with pytest.raises(ArtifactError, match=message):
        load(folder)


def test_the_schema_of_manifests_is_one() -> None:
    validator = manifest_validator()
    validator.check_schema(validator.schema)
