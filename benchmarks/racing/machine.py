"""What a table was made on."""

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path


def machine() -> str:
    """Date, processor, and versions, for the head of a table."""
    names = ("tensorflow", "keras", "tensorflow-probability")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return (
        f"{datetime.date.today().isoformat()}, {os.cpu_count()} cores of {_processor()}, Python "
        f"{platform.python_version()}, {versions}; load at the start "
        f"{os.getloadavg()[0]:.1f}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "a CPU")
