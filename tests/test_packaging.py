"""The wheel holds everything that the package needs at run time."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("bnnc", "specs", "compiler", "runtime"):
        shutil.copytree(
            ROOT / name,
            source / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    packed = {
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith("bnnc/") and not name.endswith("/")
    }
    expected = (
        {
            f"bnnc/{folder}/{path.relative_to(ROOT / folder)}"
            for folder in ("specs", "compiler", "runtime")
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".py", ".json", ".yaml", ".md"}
        }
        | {
            f"bnnc/{path.relative_to(ROOT / 'bnnc')}"
            for path in [
                *(ROOT / "bnnc").glob("*.py"),
                *(ROOT / "bnnc" / "cli").glob("*.py"),
                *(ROOT / "bnnc" / "reporting").glob("*.*"),
                *(ROOT / "bnnc" / "serving").glob("*.*"),
                *(ROOT / "bnnc" / "system").glob("*.py"),
            ]
        }
        | {"bnnc/py.typed"}
    )
    assert packed == expected
