"""Read and check the spec that a command gets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from bnnc.cli.exit_codes import FINDINGS, UserError
from bnnc.cli.terminal import colored, width
from bnnc.compiler import pipeline
from bnnc.compiler.diagnostics.outcome import STANDARD_INPUT
from bnnc.compiler.report import Report
from bnnc.compiler.text.limits import MAX_BYTES, most_bytes
from bnnc.compiler.text.source import Source
from bnnc.printable import harmless
from bnnc.specs.evaluation import Evaluation
from bnnc.specs.sources import FROM_PYTHON, source_path
from bnnc.system.reading import NotAFileError, read_beginning

Command = TypeVar("Command", bound=Callable[..., Any])

# A little more than a spec may have: what reports the size need not read the whole.
_ENOUGH = MAX_BYTES + 1024


def read(spec: str, standard_input: str = STANDARD_INPUT) -> tuple[str, bytes]:
    """Name and bytes of a spec file; `-` is standard input, which findings call as it is given.

    Of a file that is larger than a spec may be, only its beginning is read. A pipe is read too: a
    shell hands over the output of `<(command)` as one. Raises: UserError.
    """
    if not spec:
        raise UserError("the name of a spec is empty; expected a file, or - for standard input")
    if spec == "-":
        try:
            # Python has no standard input where the shell closed it.
            return standard_input, sys.stdin.buffer.read(_ENOUGH) if sys.stdin else b""
        except OSError as error:  # a folder, for one
            raise UserError(f"standard input cannot be read: {error.strerror}") from None
    try:
        return spec, read_beginning(spec, most_bytes(spec) + 1024, pipes=True)
    except FileNotFoundError:
        raise UserError(f"{harmless(spec)} does not exist") from None
    except NotAFileError as error:
        raise UserError(
            f"{harmless(spec)} is {error.kind}; expected a spec file, .yaml or .json, or - for "
            "standard input"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{harmless(spec)} cannot be read: {reason}") from None


def setting_option(help: str) -> Callable[[Command], Command]:
    """The option `--set PATH=VALUE`, any number of times; the command's parameter is `settings`."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        callback=lambda context, option, given: settings_of(given),
        help=f"{help} For example loss.kl.temperature=0.5, layers.head.units=20 or"
        " layers[0].filters=8; null removes a key.",
    )


def settings_of(given: Iterable[str]) -> tuple[Source, ...]:
    """Settings as texts for findings to point into; paths in them are those of the command."""
    return tuple(
        Source(f"<--set #{number}>", text, folder="") for number, text in enumerate(given, start=1)
    )


def accepted(spec: str, settings: Sequence[Source] = (), data: str | None = None) -> Report:
    """The report of a spec that compiles; its findings go to standard error.

    They are about `data` instead of the spec's own where the command names other data. Ends the
    command with exit code 1 if the spec has errors. Raises: UserError for data that is not there,
    or that bnnc does not read.
    """
    report = pipeline.check_bytes(*read(spec), settings=settings)
    if data is not None and report.spec is not None:
        from bnnc.compiler.analysis.data_facts import find_data
        from bnnc.compiler.checking.data_warnings import over_other_data
        from bnnc.specs.data import Reading

        look_at_data(data)
        own = report.spec.data
        labels, axes = report.spec.output.labels, len(report.spec.input.shape)
        facts = (
            find_data(data, None, 0.0, None, Reading(kind=labels, axes=axes))
            if own is None
            else find_data(data, None, own.validation_split, own.classes, own.reading(labels, axes))
        ).facts
        report = report if facts is None else over_other_data(report, facts)
    return accepted_report(report)


def accepted_report(report: Report) -> Report:
    """A report after its findings have gone to standard error, as `accepted` has it."""
    if report.diagnostics:
        from bnnc.compiler.diagnostics.render import render, summary

        click.echo(
            render(report.diagnostics, color=colored(err=True), columns=width(err=True)), err=True
        )
        if not report.ok:
            click.echo(summary(report.diagnostics), err=True)
    if not report.ok:
        raise click.exceptions.Exit(FINDINGS)
    return report


def look_at_evaluation(run: Path, data: str | None, ood: Sequence[str]) -> None:
    """Refuse an evaluation whose run, data or other images are not there. Raises: UserError.

    Args:
        run: the run.
        data: source of the test images; that of the training if None.
        ood: sources of other images; those of the spec if there are none.
    """
    from bnnc.cli.preflight import look_at_run

    if data is not None:
        look_at_data(data)
    for source in ood:
        if not Path(source).exists():
            look_at_data(source)
    manifest, spec = look_at_run(run)
    if not ood and spec.evaluation is not None:
        look_at_other_images(spec.evaluation, manifest)
    trained_on = (manifest["trained"] or {}).get("data")
    if data is None and trained_on is not None and trained_on not in FROM_PYTHON:
        look_at_data(trained_on)


def look_at_other_images(evaluation: Evaluation, manifest: Mapping[str, Any]) -> None:
    """Refuse images of the spec's `evaluation` that are not there. Raises: UserError."""
    folder = manifest.get("folder")
    for source in evaluation.ood:
        if not source_path(source, folder).exists():
            look_at_data(source, folder)


def look_at_data(source: str, folder: str | None = None) -> None:
    """Refuse data that a command would refuse later, before TensorFlow starts. Raises: UserError."""
    from bnnc.runtime.data.errors import DataError
    from bnnc.runtime.data.load import look_for

    try:
        look_for(source, relative_to=None if folder is None else Path(folder))
    except DataError as error:
        raise UserError(str(error)) from error
