"""What is looked at before a model is served; TensorFlow is not imported."""

from __future__ import annotations

import importlib.util
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bnnc.errors import ArtifactError, MissingExtraError, OutputError
from bnnc.runtime.exporting.opening import RUNTIMES
from bnnc.runtime.exporting.preflight import DESCRIPTION
from bnnc.system.reading import read_text

Description = Mapping[str, Any]

_LIBRARIES: Final = {
    "fastapi": "FastAPI",
    "uvicorn": "Uvicorn",
    "prometheus_client": "prometheus-client",
    "numpy": "NumPy",
    "PIL": "Pillow",
    "google_crc32c": "google-crc32c",
}


@dataclass(frozen=True)
class Limits:
    """How requests are batched, and which are refused.

    Args:
        max_batch: most rows of several requests that are predicted together.
        max_delay: seconds that a request waits for others at most.
        max_rows: most rows of one request.
        max_body: most bytes of the body of a request.
        max_queue: most requests that are read, wait or are predicted at the same time.
        body_seconds: seconds in which the body of a request has to arrive.
    """

    max_batch: int = 64
    max_delay: float = 0.001
    max_rows: int = 256
    max_body: int = 16 * 2**20
    max_queue: int = 128
    body_seconds: float = 30.0


def require_libraries() -> None:
    """Raise MissingExtraError unless what the server is made of is installed."""
    for module, name in _LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(name, "serve", "`bnnc serve`")


def description_of_export(folder: Path) -> Description | None:
    """The description of an export; None for any other folder.

    Raises: ArtifactError for a description that cannot be read; MissingExtraError if the library
        that the export is opened with is not installed.
    """
    file = folder / DESCRIPTION
    if not file.is_file():
        return None
    try:
        found = json.loads(read_text(file))
        form = found["format"]
        version, library = found["bnnc_export"], RUNTIMES[form]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError(
            f"{file} is not the description of an export: export the run again"
        ) from error
    if version != 1:
        raise ArtifactError(f"{file} is of a later version of bnnc: install that version")
    if importlib.util.find_spec(library) is None:
        extra = {"saved-model": "tf"}.get(form, form)
        raise MissingExtraError(library, extra, f"An export in the format {form}")
    assert isinstance(found, dict)
    return found


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that is bound and does not listen yet. Raises: OutputError if that is not possible."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
        except OSError:
            made.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(
            f"the server cannot use {host}, port {port}: {reason}. Choose others with `--host` and "
            "`--port`"
        ) from error
    return made
