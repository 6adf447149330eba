"""The Python API: check, plan, compile, load."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.compiler import pipeline
from bnnc.compiler.report import Report, SpecError
from bnnc.compiler.text.limits import most_bytes
from bnnc.compiler.text.source import Source
from bnnc.errors import SpecFileError, SpecNotFoundError
from bnnc.printable import harmless
from bnnc.specs import Spec
from bnnc.system.reading import NotAFileError, read_beginning

if TYPE_CHECKING:
    from bnnc.compiler.analysis.data_facts import Looking
    from bnnc.compiler.planning.plan import Plan
    from bnnc.runtime.program import Program

# A spec as a caller has it: the path of a file, a dict as YAML would give it, or a Spec.
SpecLike = str | os.PathLike[str] | Mapping[str, Any] | Spec


def check(
    spec: SpecLike,
    *,
    set: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] | None = None,
    data: bool = False,
) -> Report:
    """Check a spec, without TensorFlow.

    Args:
        spec: path of a YAML or JSON file, a dict, or a `bnnc.Spec`.
        set: values that count over the spec's own, by their paths, as in
            `{"loss.kl.temperature": 0.5, "layers.head.units": 20}`; None removes a key.
        folder: what `extends` and `data.source` of a dict are relative to. A file is in a folder of
            its own.
        data: whether to look at every row of the data too, for more rules and `survey`.

    Returns: a report with `diagnostics`, all at once and in the order of the text, and `ok`.

    Raises:
        SpecFileError: the file cannot be read; also an OSError.
        TypeError: anything else than a path, a dict or a Spec, or values that YAML does not have.
    """
    settings = _settings_of(set or {})
    look = _looking() if data else None
    if isinstance(spec, str | os.PathLike):
        if folder is not None:
            raise TypeError(f"Expected no folder for a spec in a file. Received: folder={folder!r}")
        return pipeline.check_bytes(str(spec), _read(spec), settings=settings, data=look)
    if not isinstance(spec, Mapping | Spec):
        raise TypeError(
            "Expected the path of a spec file, a dict, or a bnnc.Spec. "
            f"Received: {_shortened(repr(spec))}"
        )
    source = replace(_source_of(spec), folder=None if folder is None else os.fspath(folder))
    return pipeline.check(source, settings=settings, data=look)


def plan(
    spec: SpecLike,
    *,
    set: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Plan:
    """The plan of a spec: its layers with shapes, parameters and costs, without TensorFlow.

    Args: as of `check`.
    Raises: SpecError, carrying the diagnostics, if the spec does not compile; otherwise as `check`.
    """
    try:
        return pipeline.plan(check(spec, set=set, folder=folder))
    except SpecError as error:
        raise error.with_traceback(None) from None


def compile(
    spec: SpecLike,
    *,
    set: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Program:
    """Compile a spec into a program that trains and predicts.

    Where `TF_CONFIG`, or a SLURM step, describes several workers, this one joins them.

    Args:
        spec: path of a YAML or JSON file, a dict, or a `bnnc.Spec`.
        set: values that count over the spec's own, as for `check`.
        folder: what `extends`, `data.source` and `training.initialize_from` of a dict are relative
            to.

    Raises:
        SpecError: the spec does not compile; the error carries the diagnostics.
        SpecFileError: the file cannot be read; also an OSError.
        ArtifactError: the run that the weights come from cannot be used.
        DeviceError, RunError, WorkerError: the workers cannot train together.
        TypeError: anything else than a path, a dict or a Spec, or values that YAML does not have.
    """
    report = check(spec, set=set, folder=folder)
    if report.ok:
        _use_tensorflow()
        _join_workers()
    try:
        program = pipeline.compile(report)
    except SpecError as error:
        # The frames of the compiler say nothing about the spec; the findings do.
        raise error.with_traceback(None) from None
    if report.folder is not None:
        program.set_folder(Path(report.folder), report.file_name)
    return program


def load(folder: str | os.PathLike[str]) -> Program:
    """Load a program from a folder that `Program.save`, `bnnc build` or `bnnc train` wrote.

    Raises: ArtifactError if the folder does not hold one.
    """
    from bnnc.runtime.artifacts import look_at

    look_at(Path(folder))  # before TensorFlow is imported, which takes seconds
    from bnnc.compiler.checking.data_warnings import DataWatch

    _use_tensorflow()
    from bnnc.runtime.runs.loading import load as load_program

    program = load_program(Path(folder))
    program.listen_to_data(DataWatch(lambda: check(program.spec)))
    return program


def _looking() -> Looking:
    # Imported where it is needed: most checks look at no row.
    from bnnc.compiler.analysis.data_facts import Looking

    return Looking()


def _use_tensorflow() -> None:
    """Choose Keras's backend before Keras is imported. Raises: BackendError if it is another one."""
    from bnnc.runtime.backend import use_tensorflow

    use_tensorflow()


def _join_workers() -> None:
    from bnnc.runtime import workers

    workers.join()


def _read(spec: str | os.PathLike[str]) -> bytes:
    """The bytes of a spec file, a little more than a spec may have at most. Raises: SpecFileError."""
    name = os.fspath(spec)
    if "\n" in str(name):
        raise SpecFileError(
            "Expected the path of a spec file, or a dict. Received: the text of a spec. Pass "
            "yaml.safe_load(text), or write the text into a file and pass its path"
        )
    if not name:
        raise SpecNotFoundError("Expected the path of a spec file. Received: an empty path")
    path = Path(spec)
    try:
        return read_beginning(path, most_bytes(str(name)) + 1024, pipes=True)
    except FileNotFoundError:
        where = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise SpecNotFoundError(f"There is no spec file {harmless(str(name))}{where}") from None
    except NotAFileError as error:
        is_folder = error.kind == "a folder"
        loaded = "; a folder that `bnnc build` or `bnnc train` wrote is opened by bnnc.load"
        raise SpecFileError(
            f"{harmless(str(name))} is {error.kind}. Expected a spec file, .yaml or .json"
            f"{loaded if is_folder else ''}"
        ) from None
    except (OSError, ValueError) as error:  # a path with a null character is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise SpecFileError(f"{_shortened(repr(name))} cannot be read: {reason}") from None


def _source_of(spec: Mapping[str, Any] | Spec) -> Source:
    """A text for findings to point into; each key stands on a line of its own."""
    if isinstance(spec, Spec):
        document = spec.model_dump(mode="json", exclude_none=True)
        return Source("<Spec>", json.dumps(document, indent=2))
    return Source("<dict>", _as_text(spec, indent=2))


def _settings_of(values: Mapping[str, Any]) -> tuple[Source, ...]:
    if not isinstance(values, Mapping):
        raise TypeError(
            'Expected `set` to be a dict of paths and values, as {"training.epochs": 3}. '
            f"Received: {_shortened(repr(values))}"
        )
    return tuple(
        Source(f"<set #{number}>", f"{path}={_as_text(value)}", folder="")
        for number, (path, value) in enumerate(values.items(), start=1)
    )


def _as_text(value: Any, indent: int | None = None) -> str:
    try:
        text = json.dumps(value, indent=indent, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"Expected a dict of plain values, as YAML would give it. Received: {error}"
        ) from error
    return _in_yaml(text, indent)


def _in_yaml(text: str, indent: int | None) -> str:
    """JSON with its numbers that are not finite written as YAML has them, for findings to say so."""
    if not any(word in text for word in _NOT_FINITE):
        return text
    # Strings may hold these words too: only what stands as a number is written anew.
    marked = json.loads(text, parse_constant=lambda word: f"\0{word}\0")
    text = json.dumps(marked, indent=indent)
    for word, written in _NOT_FINITE.items():
        text = text.replace(f'"\\u0000{word}\\u0000"', written)
    return text


# The longer word comes first: it holds the shorter one.
_NOT_FINITE = {"-Infinity": "-.inf", "Infinity": ".inf", "NaN": ".nan"}


def _shortened(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _plain(value: object) -> object:
    # NumPy numbers and arrays are what a program has at hand.
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__}")
