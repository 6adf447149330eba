"""Files of two runs are never taken for one, and a model that was changed is not resumed."""

import contextlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bnnc.errors import ArtifactError, IdentityError
from bnnc.runtime.artifacts import read_manifest
from bnnc.runtime.data import DataError
from bnnc.runtime.runs import loading
from bnnc.runtime.runs.loading import load
from bnnc.runtime.runs.run_folder import RunError, RunWriter, check_resumable, locked_run, start_run
from bnnc.system.writing import FolderInUseError, whole_folder
from tests.support.tiny_program import arrays, program

EPOCHS = 3


class KilledError(Exception):
    """Ends a training."""


class Killed(RunWriter):
    """Ends the training after an epoch was written, counted from 0."""

    last = 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        super().on_epoch_end(epoch, logs)
        if epoch == self.last:
            raise KilledError


def interrupted(folder: Path, rows: int = 24, **sections: Any) -> None:
    """A run that was killed after two of three epochs."""
    training = {"batch_size": 8, "epochs": EPOCHS, "seed": 3, **sections.pop("training", {})}
    made = program(training=training, **sections)
    prepared = made.prepare(*arrays(rows))
    start_run(folder, made, prepared, EPOCHS)
    with pytest.raises(KilledError):
        made.train(prepared, callbacks=[Killed(folder, made, [])])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one spec, `a` and `b`, interrupted after two of three epochs."""
    folder = tmp_path_factory.mktemp("runs")
    for name in "ab":
        interrupted(folder / name)
    return folder


@pytest.fixture
def run(runs: Path, tmp_path: Path) -> Path:
    """A copy of run `a`, to be changed."""
    return Path(shutil.copytree(runs / "a", tmp_path / "run"))


def change_model(path: Path, change: Callable[[dict[str, Any], h5py.File], None]) -> None:
    """Write model.keras anew with another config, or other variables."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    content = io.BytesIO(files["model.weights.h5"])
    with h5py.File(content, "r+") as weights:
        change(config, weights)
    files["config.json"] = json.dumps(config).encode()
    files["model.weights.h5"] = content.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def change_progress(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Write model.keras anew with another state of its training."""

    def rewrite(_: dict[str, Any], weights: h5py.File) -> None:
        progress = json.loads(np.asarray(weights["vars/progress"]).tobytes())
        change(progress)
        del weights["vars/progress"]
        weights["vars/progress"] = np.frombuffer(json.dumps(progress).encode(), np.uint8)

    change_model(path, rewrite)


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def resume(folder: Path, rows: int = 24) -> None:
    loaded = load(folder)
    check_resumable(loaded, loaded.prepare(*arrays(rows)), EPOCHS)


def test_manifest_and_model_of_a_run_have_one_identity(runs: Path) -> None:
    identities = [read_manifest(runs / name)["identity"] for name in "ab"]
    assert [load(runs / name).model.identity for name in "ab"] == identities
    assert identities[0] != identities[1]
    fingerprints = {read_manifest(runs / name)["fingerprint"] for name in "ab"}
    assert len(fingerprints) == 1
    resume(runs / "a")


@pytest.mark.parametrize("name", ["model.keras", "manifest.json"])
def test_a_file_of_another_run_of_the_same_spec_is_refused(
    name: str, runs: Path, run: Path
) -> None:
    shutil.copy(runs / "b" / name, run / name)
    with pytest.raises(IdentityError, match="are not of one run. Files of two runs lie in one"):
        load(run)
    with pytest.raises(ArtifactError, match="initialize_from`: .* are not of one run"):
        program(training={"initialize_from": {"run": str(run)}})


def test_a_member_of_another_run_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        program(ensemble={"members": 2}).save(tmp_path / name)
    load(tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / "members" / "1")
    shutil.copytree(tmp_path / "b" / "members" / "1", tmp_path / "a" / "members" / "1")
    load(tmp_path / "a" / "members" / "1")  # whole by itself
    with pytest.raises(IdentityError, match="members/1 is no member .* it is of another run"):
        load(tmp_path / "a")


def test_a_run_of_an_earlier_version_has_no_identity_and_is_resumed(run: Path) -> None:
    change_manifest(run, lambda manifest: manifest.pop("identity"))
    change_model(run / "model.keras", lambda config, _: config["config"].pop("identity"))
    resume(run)
    loaded = load(run)
    prepared = loaded.prepare(*arrays(24))
    loaded.train(prepared, epochs=3, first_epoch=2, callbacks=[RunWriter(run, loaded, [])])
    assert load(run).model.epochs_done == 3


def test_a_program_that_is_saved_again_is_another(tmp_path: Path) -> None:
    made = program("none")
    made.save(tmp_path / "a")
    before = read_manifest(tmp_path / "a")["identity"]
    old = (tmp_path / "a" / "model.keras").read_bytes()
    made.save(tmp_path / "a")
    assert read_manifest(tmp_path / "a")["identity"] != before
    (tmp_path / "a" / "model.keras").write_bytes(old)
    with pytest.raises(IdentityError):
        load(tmp_path / "a")


def test_a_reader_that_comes_while_files_are_replaced_sees_a_whole_program(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest that was read is the old one, the model the new one."""
    old, new = (read_manifest(runs / name) for name in "ab")
    read = [old, new]
    monkeypatch.setattr(loading, "read_manifest", lambda _: read.pop(0))
    assert load(runs / "b").manifest["identity"] == new["identity"]
    assert not read


def test_a_run_can_be_read_while_it_is_trained(tmp_path: Path) -> None:
    made = program("none")
    prepared = made.prepare(*arrays(24))
    with contextlib.ExitStack() as holding:
        start_run(tmp_path / "run", made, prepared, EPOCHS, holding=holding)
        for epoch in range(2):
            assert load(tmp_path / "run").model.epochs_done == epoch
            writer = RunWriter(tmp_path / "run", made, [])
            made.train(prepared, epochs=epoch + 1, first_epoch=epoch, callbacks=[writer])


def test_a_second_training_in_a_folder_is_refused(tmp_path: Path) -> None:
    first, second = program("none"), program("none")
    prepared = first.prepare(*arrays(24))
    with contextlib.ExitStack() as holding:
        start_run(tmp_path / "run", first, prepared, EPOCHS, holding=holding)
        with pytest.raises(FolderInUseError, match=r"run is in use: process \d+ writes to it"):
            start_run(tmp_path / "run", second, prepared, EPOCHS)
        with pytest.raises(FolderInUseError), locked_run(tmp_path / "run"):
            raise AssertionError("the block must not begin")
    with pytest.raises(RunError, match="holds a run already: choose another folder"):
        start_run(tmp_path / "run", second, prepared, EPOCHS)
    assert read_manifest(tmp_path / "run")["identity"] == first.manifest["identity"]


def test_a_member_cannot_be_trained_while_its_ensemble_is(tmp_path: Path) -> None:
    made = program("none", ensemble={"members": 2})
    prepared = made.prepare(*arrays(24))
    with contextlib.ExitStack() as holding:
        start_run(tmp_path / "run", made, prepared, EPOCHS, holding=holding)
        with pytest.raises(FolderInUseError), locked_run(tmp_path / "run" / "members" / "1"):
            raise AssertionError("the block must not begin")
    with (
        locked_run(tmp_path / "run" / "members" / "1"),
        pytest.raises(FolderInUseError),
        locked_run(tmp_path / "run"),
    ):
        raise AssertionError("the block must not begin")


@pytest.mark.parametrize("way", ["removed", "replaced"])
def test_a_training_whose_folder_was_taken_away_writes_no_more(way: str, tmp_path: Path) -> None:
    made, other = program("none"), program("none")
    prepared = made.prepare(*arrays(24))
    start_run(tmp_path / "run", made, prepared, EPOCHS)
    writer = RunWriter(tmp_path / "run", made, [])
    shutil.rmtree(tmp_path / "run")
    if way == "replaced":
        start_run(tmp_path / "run", other, prepared, EPOCHS)
    with pytest.raises(RunError, match="was removed or replaced during this training"):
        writer.on_epoch_end(0)
    if way == "replaced":
        assert load(tmp_path / "run").manifest["identity"] == other.manifest["identity"]


def _remove_optimizer(config: dict[str, Any], weights: h5py.File) -> None:
    del weights["optimizer"]


def _remove_a_slot(config: dict[str, Any], weights: h5py.File) -> None:
    variables = weights["optimizer/vars"]
    del variables[max(variables, key=int)]


def _remove_compilation(config: dict[str, Any], weights: h5py.File) -> None:
    config["compile_config"] = None


@pytest.mark.parametrize("change", [_remove_optimizer, _remove_a_slot, _remove_compilation])
def test_a_model_without_the_state_of_its_optimizer_is_refused(change: Any, run: Path) -> None:
    change_model(run / "model.keras", change)
    with pytest.raises(ArtifactError, match="optimizer"):
        load(run)


@pytest.mark.parametrize("done", [-1, 1.0, 2.5, True, "2", None, [], 1e400, 10**30])
def test_epochs_that_a_run_cannot_have_behind_it_are_refused(done: Any, run: Path) -> None:
    change_progress(run / "model.keras", lambda progress: progress.update(epochs_done=done))
    with pytest.raises((ArtifactError, RunError), match=r"epochs_done|epochs behind it"):
        resume(run)


@pytest.mark.parametrize("done", [0, 1, 3])
def test_epochs_that_are_not_those_of_the_optimizer_are_refused(done: int, run: Path) -> None:
    change_progress(run / "model.keras", lambda progress: progress.update(epochs_done=done))
    with pytest.raises(RunError, match=f"has taken 6 steps, and {done} epochs have {done * 3}"):
        resume(run)


@pytest.mark.parametrize(
    "watch",
    [
        {"best": "low"},
        {"best": float("nan")},
        {"best_epoch": -1},
        {"wait": 0.5},
        {"stopped": 1},
        {"restored": None},
        {"unknown": 0},
    ],
    ids=str,
)
def test_a_state_of_early_stopping_that_cannot_be_is_refused(
    watch: dict[str, Any], run: Path
) -> None:
    change_progress(run / "model.keras", lambda progress: progress["watch"].update(watch))
    with pytest.raises(ArtifactError, match="cannot be loaded as a model"):
        load(run)


def test_the_missing_weights_of_the_best_epoch_are_noticed(tmp_path: Path) -> None:
    interrupted(
        tmp_path / "run",
        rows=32,
        training={"early_stopping": {"patience": 9, "restore_best_weights": True}},
        data={"source": "mine.npz", "validation_split": 0.25},
    )
    resume(tmp_path / "run", rows=32)

    def remove(config: dict[str, Any], weights: h5py.File) -> None:
        for name in [one for one in weights["vars"] if one.startswith("best_")]:
            del weights["vars"][name]

    change_model(tmp_path / "run" / "model.keras", remove)
    with pytest.raises(RunError, match="the weights of its best epoch are missing"):
        resume(tmp_path / "run", rows=32)


@pytest.mark.parametrize(
    "text",
    [
        b'{"manifest": ' + b"1" * 5000 + b"}",
        b'{"manifest": 1e400}',
        b'{"manifest": NaN}',
        b'{"manifest": [' + b"[" * 900 + b"]" * 900 + b"]}",
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"\\ud800": "\\udfff"}',
    ],
    ids=["digits", "1e400", "NaN", "list", "object", "surrogates"],
)
def test_a_hostile_manifest_is_refused_in_words(text: bytes, run: Path) -> None:
    (run / "manifest.json").write_bytes(text)
    with pytest.raises(ArtifactError, match=r"manifest\.json") as refused:
        load(run)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("value", [1.0, 1e308, -1, 0, True, "3", 10**7, None, [3]])
@pytest.mark.parametrize("key", ["epochs", "rows"])
def test_a_hostile_number_in_a_manifest_is_refused(key: str, value: Any, run: Path) -> None:
    change_manifest(run, lambda manifest: manifest["trained"].update({key: value}))
    with pytest.raises((ArtifactError, RunError)):
        resume(run)


def test_a_lone_surrogate_in_a_manifest_is_no_path(run: Path) -> None:
    change_manifest(run, lambda manifest: manifest.update(folder="\ud800"))
    change_manifest(run, lambda manifest: manifest["trained"].update(data="\ud800"))
    loaded = load(run)
    with pytest.raises(DataError, match="neither a known name nor an existing path"):
        loaded.evaluate()


def test_a_folder_that_another_training_took_meanwhile_is_left_alone(tmp_path: Path) -> None:
    made = program("none")
    prepared = made.prepare(*arrays(24))
    with pytest.raises(Exception, match="in the meantime"), whole_folder(tmp_path / "run"):
        start_run(tmp_path / "run", made, prepared, EPOCHS)
    assert load(tmp_path / "run").manifest["identity"] == made.manifest["identity"]
    assert np.all(np.isfinite(load(tmp_path / "run").model.get_weights()[0]))
