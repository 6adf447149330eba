"""What `pip install bnnc` costs, without TensorFlow: bytes to download, bytes on disk, seconds.

    python benchmarks/light_install.py

Downloads into an empty folder, installs from it into a new environment, and checks a spec there. The
seconds of a download depend on the network; those of the installation do not.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils")
SPEC = "specs/gallery/digits-flipout.yaml"


def megabytes(files: list[Path]) -> float:
    """Size of some files."""
    return sum(file.stat().st_size for file in files) / 1e6


def main() -> None:
    """Measure, and print the three numbers."""
    with tempfile.TemporaryDirectory() as folder:
        wheels, environment = Path(folder) / "wheels", Path(folder) / "environment"
        copy = Path(folder) / "bnnc"  # setuptools builds beside the sources
        left_out = shutil.ignore_patterns(".*", "build", "runs")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=left_out)
        pip = [sys.executable, "-m", "pip", "--quiet"]
        subprocess.run([*pip, "wheel", "--wheel-dir", str(wheels), str(copy)], check=True)
        venv.create(environment, with_pip=True)
        began = time.perf_counter()
        offline = ["--no-index", "--find-links", str(wheels), "bnnc"]
        python = environment / "bin/python"
        subprocess.run([python, "-m", "pip", "--quiet", "install", *offline], check=True)
        seconds = time.perf_counter() - began
        installed = [
            file
            for place in (environment / "lib").glob("python*/site-packages/*")
            if not place.name.startswith(NOT_OURS)
            for file in ([place] if place.is_file() else place.rglob("*"))
            if file.is_file()
        ]
        code = [file for file in installed if file.suffix != ".pyc"]
        print(f"download    {megabytes(list(wheels.iterdir())):.1f} MB")
        print(f"installed   {megabytes(code):.1f} MB, {megabytes(installed):.1f} with bytecode")
        print(f"pip install {seconds:.1f} s, from the downloaded wheels")
        subprocess.run([environment / "bin/bnnc", "check", SPEC], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
