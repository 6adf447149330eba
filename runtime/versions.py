"""The versions of bnnc and of the libraries that a model depends on. Imports none of them."""

from __future__ import annotations

import contextlib
import sys
from importlib import metadata

_VERSIONED = ("bnnc", "keras", "tensorflow", "tensorflow-probability", "numpy")


def installed_versions() -> dict[str, str]:
    """The versions that are installed, by the name of the distribution."""
    versions = {}
    for name in _VERSIONED:
        # Of another build of TensorFlow, such as tensorflow-cpu, the module knows the version.
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        versions.setdefault("tensorflow", tensorflow.__version__)
    return versions
