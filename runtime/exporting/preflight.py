"""What is looked at before a prediction is exported; TensorFlow is not imported."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args

from bnnc.errors import ArgumentError, MissingExtraError, OutputError
from bnnc.system.reading import read_text
from bnnc.system.writing import refuse_if_occupied

DESCRIPTION: Final = "description.json"
"""The file that makes a folder an export of bnnc."""

Precision = Literal["float32", "float16", "int8"]
PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "saved-model": (),
    "onnx": ("onnx", "tf2onnx"),
    "litert": (),
}
"""The formats, and the libraries that write them besides TensorFlow."""


def check_request(form: str, *, fresh: bool, seed: int | None, precision: str) -> None:
    """Refuse wishes that contradict each other, and a format whose libraries are not installed.

    Raises: ArgumentError; MissingExtraError.
    """
    if form not in LIBRARIES:
        raise ArgumentError(
            f"Expected `format` to be one of {', '.join(LIBRARIES)}. Received: format={form!r}"
        )
    if precision not in PRECISIONS:
        raise ArgumentError(
            f"Expected `precision` to be one of {', '.join(PRECISIONS)}. "
            f"Received: precision={precision!r}"
        )
    if fresh and form != "saved-model":
        raise ArgumentError(
            f"Fresh draws are for the format saved-model: {form} has no random operations. "
            f"Received: fresh=True, format={form!r}"
        )
    if fresh and seed is not None:
        raise ArgumentError(f"Fresh draws have no seed. Received: fresh=True, seed={seed}")
    if precision != "float32" and form != "litert":
        raise ArgumentError(
            f"The precision {precision} is for the format litert. Received: format={form!r}"
        )
    for library in LIBRARIES[form]:
        if importlib.util.find_spec(library) is None:
            raise MissingExtraError(library, form, f"An export to {form}")


def refuse_other_export(folder: Path, form: str) -> None:
    """Raise OutputError if something else than an export in this format is at a path."""
    refuse_if_occupied(folder, replaces=DESCRIPTION)
    file = folder / DESCRIPTION
    if not file.exists():
        return
    try:
        found = json.loads(read_text(file))
        other = str(found["format"]) if "bnnc_export" in found else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        other = None
    if other is None:
        raise OutputError(
            f"{folder} has a {DESCRIPTION} that is not that of an export; choose another folder"
        )
    if other != form:
        raise OutputError(
            f"{folder} holds an export in the format {other}; choose another folder, or remove it"
        )
