from pathlib import Path

import numpy as np
import pytest

from bnnc.runtime.data import KNOWN_SOURCES, DataError, load


def write_archive(path: Path) -> Path:
    np.savez(path, x_train=np.arange(32.0).reshape(2, 4, 4), y_train=[0, 1], allow_pickle=False)
    return path


def test_a_relative_path_starts_at_the_folder_given(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz")
    dataset = load("a.npz", relative_to=tmp_path)
    assert dataset.name == "a.npz"
    assert str(tmp_path / "a.npz") in dataset.origin


def test_a_relative_path_starts_in_the_current_folder_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_archive(tmp_path / "a.npz")
    monkeypatch.chdir(tmp_path)
    assert load("a.npz").name == "a.npz"


def test_an_absolute_path_stays_as_it_is(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.npz")
    assert load(path, relative_to=tmp_path / "elsewhere").name == str(path)


def test_a_path_may_start_at_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_archive(tmp_path / "a.npz")
    assert len(load("~/a.npz").train.images) == 2


def test_a_known_name_goes_before_a_folder_unless_a_path_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert load("digits").name == "digits"
    for path in ("./digits", Path("digits")):
        with pytest.raises(DataError, match="digits: holds no class folders"):
            load(path)


@pytest.mark.parametrize(
    ("source", "suggestion"),
    [
        ("fashion_mnist", "fashion-mnist"),
        ("Fashion MNIST", "fashion-mnist"),
        ("minst", "mnist"),
        ("cifar-10", "cifar10"),
        ("CIFAR_100", "cifar100"),
        ("digit", "digits"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_closest_one(source: str, suggestion: str) -> None:
    with pytest.raises(DataError, match=f"{source}: neither.*Did you mean `{suggestion}`") as error:
        load(source)
    assert all(name in str(error.value) for name in KNOWN_SOURCES)


@pytest.mark.parametrize("source", ["data/flowers", "https://example.org/data.npz", "a\0b", ""])
def test_what_is_neither_a_name_nor_a_path_is_refused_with_what_can_be_given(source: str) -> None:
    with pytest.raises(DataError, match=r"neither a known name.*Known names: .*A path is a folder"):
        load(source)


@pytest.mark.parametrize("source", ["x" * 5000, "~there-is-no-such-user/x"])
def test_a_path_that_the_system_refuses_is_refused(source: str) -> None:
    with pytest.raises(DataError, match=r"cannot be read|neither a known name"):
        load(source)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1,2,3")
    with pytest.raises(DataError, match=r"a\.json: expected a folder of IDX files.*called a\.json"):
        load(tmp_path / "a.json")
