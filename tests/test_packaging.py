"""What is published: a wheel with all that runs, and a source distribution with its tests."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from bnnc.version import VERSION

ROOT = Path(__file__).parents[1]
# What is made at the root, and what tools keep anywhere.
MADE = {"build", "dist", "runs", "bnnc.egg-info"}
KEPT_BY_TOOLS = shutil.ignore_patterns("__pycache__", "node_modules", "*.vsix")
CODE = {".py", ".pyi", ".json", ".yaml", ".md", ".html", ".css", ".js", ".typed"}


def sources(folder: str) -> set[str]:
    """The files of a folder at the root, as they are named there."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts)
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("packaging")
    source = folder / "source"
    source.mkdir()
    for path in ROOT.iterdir():
        if path.name in MADE or (path.is_dir() and path.name.startswith(".")):
            continue
        if path.is_dir():
            shutil.copytree(path, source / path.name, symlinks=True, ignore=KEPT_BY_TOOLS)
        else:
            shutil.copy(path, source)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def unpacked(built: Path) -> Path:
    """The source distribution, unpacked."""
    with tarfile.open(built / f"bnnc-{VERSION}.tar.gz") as archive:
        # Pythons before 3.11.4 know no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(built / "unpacked")
    return built / "unpacked" / f"bnnc-{VERSION}"


def test_the_wheel_holds_every_module_and_data_file(built: Path) -> None:
    with zipfile.ZipFile(built / f"bnnc-{VERSION}-py3-none-any.whl") as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("bnnc/")}
    own = {
        path.relative_to(ROOT).as_posix()
        for folder in (
            ROOT / "bnnc",
            *(one for one in (ROOT / "bnnc").iterdir() if one.is_dir() and not one.is_symlink()),
        )
        for path in folder.iterdir()
        if path.suffix in CODE or path.name == "py.typed"
    }
    behind_links = {
        f"bnnc/{name}"
        for folder in ("specs", "compiler", "runtime")
        for name in sources(folder)
        if Path(name).suffix in CODE
    }
    assert packed == own | behind_links
    assert {"bnnc/py.typed", "bnnc/layers.pyi", "bnnc/specs/bnnc.schema.json"} <= packed


def test_the_source_distribution_holds_its_tests_and_documentation(unpacked: Path) -> None:
    packed = {
        path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()
    }
    for folder in ("tests", "docs", "specs", "compiler", "runtime"):
        assert sources(folder) <= packed
    assert {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml"} <= packed
    assert {"editors/vscode/extension.js", "benchmarks/check_speed.py"} <= packed
    assert not [name for name in packed if "node_modules" in name or "__pycache__" in name]


def test_the_source_distribution_passes_tests_of_its_own(unpacked: Path) -> None:
    code = "import sys, pytest; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"
    tests = ["tests/compiler/reading/test_scalars.py", "tests/specs/test_own_bayesian.py"]
    ended = subprocess.run(
        [sys.executable, "-c", code, "-q", "-m", "quick", "-p", "no:cacheprovider", *tests],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    where = "import sys; sys.path.insert(0, '.'); import bnnc; print(bnnc.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=unpacked, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()) == unpacked / "bnnc/__init__.py"


def test_the_metadata_say_what_the_package_is(built: Path) -> None:
    with zipfile.ZipFile(built / f"bnnc-{VERSION}-py3-none-any.whl") as wheel:
        metadata = email.message_from_bytes(wheel.read(f"bnnc-{VERSION}.dist-info/METADATA"))
        scripts = wheel.read(f"bnnc-{VERSION}.dist-info/entry_points.txt").decode()
        assert f"bnnc-{VERSION}.dist-info/licenses/LICENSE" in wheel.namelist()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == "<3.14,>=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    classifiers = metadata.get_all("Classifier") or []
    assert "Typing :: Typed" in classifiers
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)} <= set(
        classifiers
    )
    assert "bnnc = bnnc.cli:main" in scripts
    description = str(metadata.get_payload())
    links = re.findall(r"\]\(([^)]*)\)", description)
    assert links
    assert all(link.startswith("https://") for link in links)


def test_every_requirement_has_a_lowest_version() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(one for extra in extras for one in extra)]
    types = ("bnnc[", "types-")  # extras of its own; stubs, whose newest is that of the library
    without = [
        one for one in required if not one.startswith(types) and not re.search(r"[>=]=", one)
    ]
    assert without == []
