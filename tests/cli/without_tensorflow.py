"""Run bnnc as if `pip install bnnc` had installed it: without TensorFlow and what comes with it.

    python -m tests.cli.without_tensorflow check spec.yaml

Packages that are neither bnnc's own dependencies nor theirs cannot be imported.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_distributions() -> frozenset[str]:
    """The distributions that `pip install bnnc` installs, by their normalized names."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = list(tomllib.load(file)["project"]["dependencies"])
    found: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        named = _NAME.match(requirement)
        assert named is not None
        name = _normal(named[0])
        if name in found or "extra ==" in requirement:
            continue
        found.add(name)
        try:
            wanted += metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # of another platform
            found.discard(name)
    return frozenset(found)


class OnlyInstalled:
    """A finder that refuses the packages of all other distributions."""

    def __init__(self) -> None:
        kept = installed_distributions()
        self.refused = {
            package
            for package, homes in metadata.packages_distributions().items()
            if not kept & {_normal(home) for home in homes} and package not in {"bnnc", "tests"}
        }

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse a package."""
        if name.partition(".")[0] in self.refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, OnlyInstalled())
    from bnnc.cli.app import main

    main(sys.argv[1:])
