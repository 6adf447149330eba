import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import datasets as sklearn_datasets

from bnnc.runtime.data import KNOWN_SOURCES, DataError, keras_datasets, load


@pytest.fixture(autouse=True)
def no_data_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BNNC_DATA_HOME", raising=False)


def fake_keras(monkeypatch: pytest.MonkeyPatch, name: str, load_data: Any) -> None:
    """Stand in for the download: keras is imported where one is needed, and nowhere else."""
    module = SimpleNamespace(datasets=SimpleNamespace(**{name: SimpleNamespace()}))
    getattr(module.datasets, name).load_data = load_data
    monkeypatch.setitem(sys.modules, "keras", module)


def refused_connection() -> NoReturn:
    raise Exception("URL fetch failure on https://example.org: Connection refused")  # noqa: TRY002 - as Keras does


@pytest.mark.parametrize("name", KNOWN_SOURCES)
def test_what_is_said_of_a_known_source_is_consistent(name: str) -> None:
    source = KNOWN_SOURCES[name]
    assert source.name == name
    assert (source.classes or 0) == len(source.class_names) == len(set(source.class_names))
    assert source.rows_train > source.rows_test > 0
    is_table = len(source.shape) == 1
    assert (source.value_range is None) == is_table
    assert source.value_range is None or source.value_range[0] < source.value_range[1]
    assert all(class_name and class_name == class_name.strip() for class_name in source.class_names)


def test_the_sizes_are_those_of_the_published_sets() -> None:
    facts = {n: (s.rows_train, s.rows_test, s.shape, s.classes) for n, s in KNOWN_SOURCES.items()}
    assert facts == {
        "digits": (1437, 360, (8, 8, 1), 10),
        "fashion-mnist": (60_000, 10_000, (28, 28, 1), 10),
        "mnist": (60_000, 10_000, (28, 28, 1), 10),
        "cifar10": (50_000, 10_000, (32, 32, 3), 10),
        "cifar100": (50_000, 10_000, (32, 32, 3), 100),
        "diabetes": (353, 89, (10,), None),
        "wine": (142, 36, (13,), 3),
        "breast-cancer": (455, 114, (30,), 2),
        "iris": (120, 30, (4,), 3),
    }


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_the_classes_of_cifar_stand_in_the_order_of_the_alphabet(name: str) -> None:
    assert list(KNOWN_SOURCES[name].class_names) == sorted(KNOWN_SOURCES[name].class_names)


def test_digits_are_scikit_learns_divided_without_loss() -> None:
    dataset = load("digits")
    assert dataset.test is not None
    source = sklearn_datasets.load_digits()
    known = KNOWN_SOURCES["digits"]
    assert dataset.train.images.shape == (known.rows_train, *known.shape)
    assert dataset.test.images.shape == (known.rows_test, *known.shape)
    assert dataset.class_names == known.class_names

    def rows(images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> list[tuple[int, ...]]:
        pixels = images.reshape(-1, 64).astype(int).tolist()
        return [(*image, label) for image, label in zip(pixels, labels.tolist(), strict=True)]

    ours = [row for part in (dataset.train, dataset.test) for row in rows(part.images, part.labels)]
    theirs = rows(source.images, source.target)
    assert sorted(ours) == sorted(theirs)
    images = np.concatenate([dataset.train.images, dataset.test.images])
    assert (images.min(), images.max()) == known.value_range


def test_digits_are_divided_in_proportion_to_each_class_and_always_alike() -> None:
    dataset = load("digits")
    assert dataset.test is not None
    tested = np.bincount(dataset.test.labels)
    share = (tested + np.bincount(dataset.train.labels)) * 360 / 1797
    assert np.all(np.abs(tested - share) < 1)
    # Walking the rows by class in steps of 1797 / 360 gives these counts and first rows, by hand:
    # row 4 of the zeros (row 49 of the file) is the first that is chosen.
    assert tested.tolist() == [35, 37, 35, 37, 36, 36, 37, 36, 34, 37]
    zeros = sklearn_datasets.load_digits().images[sklearn_datasets.load_digits().target == 0]
    first = dataset.test.images[dataset.test.labels == 0][0, ..., 0]
    assert np.array_equal(first, zeros[4])


def test_fashion_mnist_is_the_published_set() -> None:
    dataset = load("fashion-mnist")
    assert dataset.test is not None
    assert dataset.train.images.shape == (60_000, 28, 28, 1)
    assert dataset.test.images.shape == (10_000, 28, 28, 1)
    assert dataset.train.labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert np.bincount(dataset.train.labels).tolist() == [6000] * 10
    counts = np.bincount(dataset.train.images.reshape(-1), minlength=256)
    values = np.arange(256) / 255
    mean = np.average(values, weights=counts)
    std = np.average((values - mean) ** 2, weights=counts) ** 0.5
    assert mean == pytest.approx(0.2860, abs=5e-5)
    assert std == pytest.approx(0.3530, abs=5e-5)
    assert dataset.class_names is not None
    assert dataset.class_names[9] == "Ankle boot"


def mnist_like(rows: tuple[int, int] = (60_000, 10_000), size: int = 28) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for part, count in zip(("train", "test"), rows, strict=True):
        arrays[f"x_{part}"] = np.zeros((count, size, size), dtype=np.uint8)
        arrays[f"y_{part}"] = (np.arange(count) % 10).astype(np.uint8)
    return arrays


@pytest.mark.parametrize("place", ["mnist.npz", "mnist/mnist.npz"])
def test_the_users_own_files_stand_in_for_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("BNNC_DATA_HOME", str(tmp_path))
    fake_keras(monkeypatch, "mnist", refused_connection)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    np.savez(tmp_path / place, allow_pickle=False, **mnist_like())
    dataset = load("mnist")
    assert dataset.name == "mnist"
    assert str(tmp_path / place) in dataset.origin
    assert dataset.class_names == KNOWN_SOURCES["mnist"].class_names


def test_the_users_own_files_go_before_a_system_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNNC_DATA_HOME", str(tmp_path))
    package = Path("/nowhere")
    monkeypatch.setitem(keras_datasets.SYSTEM_PACKAGES, "fashion-mnist", ("package", package))
    assert keras_datasets.find_local("fashion-mnist") is None
    monkeypatch.setitem(keras_datasets.SYSTEM_PACKAGES, "fashion-mnist", ("package", tmp_path))
    assert keras_datasets.find_local("fashion-mnist") == tmp_path
    (tmp_path / "fashion-mnist").mkdir()
    assert keras_datasets.find_local("fashion-mnist") == tmp_path / "fashion-mnist"


@pytest.mark.parametrize(
    ("arrays", "received"),
    [
        (mnist_like((100, 10_000)), "Received: 100 images of 28 × 28 × 1"),
        (mnist_like((60_000, 20)), "Received: 20 images of 28 × 28 × 1"),
        (mnist_like((10, 10), size=8), "Received: 10 images of 8 × 8 × 1"),
        ({k: v for k, v in mnist_like().items() if "train" in k}, "Received: no test images"),
        (mnist_like() | {"y_test": np.full(10_000, 10)}, "labels 10..10"),
    ],
)
def test_other_data_under_a_known_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrays: dict[str, Any], received: str
) -> None:
    monkeypatch.setenv("BNNC_DATA_HOME", str(tmp_path))
    np.savez(tmp_path / "mnist.npz", allow_pickle=False, **arrays)
    with pytest.raises(DataError, match=rf"not what is known as mnist.*60,000 .*{received}"):
        load("mnist")


def test_a_download_is_checked_and_flattened_and_its_progress_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load_data() -> Any:
        print("Downloading data")
        # A view of one pixel: the size of CIFAR-10 without its memory.
        train = np.broadcast_to(np.zeros(1, dtype=np.uint8), (50_000, 32, 32, 3))
        labels = np.arange(50_000).reshape(-1, 1) % 10
        return (train, labels), (train[:10_000], labels[:10_000])

    fake_keras(monkeypatch, "cifar10", load_data)
    dataset = load("cifar10")
    assert dataset.train.labels.shape == (50_000,)
    assert dataset.origin == "keras.datasets.cifar10"
    output = capsys.readouterr()
    assert output.out == ""
    assert "Downloading data" in output.err


def test_a_failed_download_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keras(monkeypatch, "cifar100", refused_connection)
    with pytest.raises(DataError) as caught:
        load("cifar100")
    message = str(caught.value)
    assert "cifar100: not on this machine" in message
    assert "Connection refused" in message
    assert "$BNNC_DATA_HOME/cifar100/" in message
    assert "$BNNC_DATA_HOME/cifar100.npz" in message
    assert "--data PATH" in message
    assert "apt-get" not in message


def test_a_failed_download_names_the_system_package_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = ("dataset-fashion-mnist", Path("/nowhere"))
    monkeypatch.setitem(keras_datasets.SYSTEM_PACKAGES, "fashion-mnist", package)
    fake_keras(monkeypatch, "fashion_mnist", refused_connection)
    with pytest.raises(DataError, match=r"\(1\) install the package.*dataset-fashion-mnist.*\(3\)"):
        load("fashion-mnist")
