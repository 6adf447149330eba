"""The Python API: check, compile, load."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.compiler import pipeline
from bnnc.compiler.pipeline import Report
from bnnc.compiler.text.source import Source
from bnnc.specs import Spec

if TYPE_CHECKING:
    from bnnc.runtime.program import Program

# A spec as a caller has it: the path of a file, a dict as YAML would give it, or a Spec.
SpecLike = str | os.PathLike[str] | Mapping[str, Any] | Spec


def check(spec: SpecLike) -> Report:
    """Check a spec, without TensorFlow.

    Args:
        spec: path of a YAML or JSON file, a dict, or a `bnnc.Spec`.

    Returns: a report with `diagnostics`, all at once and in the order of the text, and `ok`.
    Raises: OSError if a file cannot be read.
    """
    if isinstance(spec, str | os.PathLike):
        path = Path(spec)
        return pipeline.check_bytes(str(spec), path.read_bytes())
    return pipeline.check(_source_of(spec))


def compile(spec: SpecLike) -> Program:
    """Compile a spec into a program that trains and predicts.

    Args:
        spec: path of a YAML or JSON file, a dict, or a `bnnc.Spec`.

    Raises: SpecError, carrying the diagnostics, if the spec does not compile; OSError if a file
        cannot be read.
    """
    program = pipeline.compile(check(spec))
    if isinstance(spec, str | os.PathLike):
        program.set_folder(Path(spec).parent)
    return program


def load(folder: str | os.PathLike[str]) -> Program:
    """Load a program from a folder that `Program.save`, `bnnc build` or `bnnc train` wrote.

    Raises: bnnc.runtime.artifacts.ArtifactError if the folder does not hold one.
    """
    from bnnc.runtime.program import load as load_program

    return load_program(Path(folder))


def _source_of(spec: Mapping[str, Any] | Spec) -> Source:
    """A text for findings to point into; each key stands on a line of its own."""
    if isinstance(spec, Spec):
        document = spec.model_dump(mode="json", exclude_none=True)
        return Source("<Spec>", json.dumps(document, indent=2))
    try:
        return Source("<dict>", json.dumps(spec, indent=2, default=_plain))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Expected a dict of plain values, as YAML would give it. Received: {error}"
        ) from error


def _plain(value: object) -> object:
    # NumPy numbers and arrays are what a program has at hand.
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__}")
