"""An environment for each peer, under `build/peers`: never in bnnc's own, never in its requirements."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FOLDER = ROOT / "build" / "peers"


@dataclass(frozen=True)
class Environment:
    """Packages that are installed together.

    Args:
        name: the folder's.
        packages: with all that they need.
        alone: without, since what they say that they need is more than they use.
        stubs: modules that are imported and not used.
    """

    name: str
    packages: tuple[str, ...]
    alone: tuple[str, ...] = ()
    stubs: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return _FOLDER / self.name / "bin" / "python"

    def install(self) -> None:
        """Make it, unless it is there as it is described here."""
        done = _FOLDER / self.name / "installed.txt"
        described = repr(self)
        if done.exists() and done.read_text() == described:
            return
        print(f"installing {', '.join(self.packages + self.alone)}", file=sys.stderr, flush=True)
        venv.create(_FOLDER / self.name, with_pip=True, clear=True)
        for more, packages in (((), self.packages), (("--no-deps",), self.alone)):
            if packages:
                command = [str(self.python), "-m", "pip", "install", "--quiet", *more, *packages]
                subprocess.run(command, check=True)
        for stub in self.stubs:
            folder = next((_FOLDER / self.name).glob("lib/python*/site-packages"))
            place = folder.joinpath(*stub.split("."))
            place.mkdir(parents=True, exist_ok=True)
            (place / "__init__.py").write_text('"""Nothing: what imports it does not use it."""\n')
        done.write_text(described)


_TFP = Environment(
    "tfp",
    (
        f"tensorflow=={metadata.version('tensorflow')}",
        "tf-keras",
        f"tensorflow-probability[tf]=={metadata.version('tensorflow-probability')}",
    ),
)
# Torch's requirements are those of its kernels for GPUs; these are what it imports.
_TORCH = Environment(
    "torch",
    (
        "numpy",
        "filelock",
        "typing-extensions",
        "sympy",
        "networkx",
        "jinja2",
        "fsspec",
        "setuptools",
    ),
    ("torch==2.13.0", "bayesian-torch==0.5.0", "blitz-bayesian-pytorch==0.2.8"),
    ("torchvision", "torchvision.datasets", "torchvision.transforms"),
)
# By the module of this folder that runs in it; bnnc and the twin run where this does.
ENVIRONMENTS = {
    "tfp_layers": _TFP,
    "bayesian_torch_layers": _TORCH,
    "blitz_layers": _TORCH,
}


def python_of(library: str) -> Path:
    """The interpreter that a library runs under."""
    environment = ENVIRONMENTS.get(library)
    return Path(sys.executable) if environment is None else environment.python
