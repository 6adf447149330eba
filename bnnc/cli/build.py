"""`bnnc build`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.preflight import look_at_first_weights, look_at_folder
from bnnc.cli.specs import accepted, setting_option
from bnnc.cli.terminal import echo
from bnnc.compiler import pipeline
from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import lower
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import to_json
from bnnc.errors import has_tensorflow
from bnnc.printable import escaped
from bnnc.specs.spec import EXTENDS

_STAGES = ("tree", "spec", "plan", "python")


@click.command("build")
@click.argument("spec", metavar="SPEC")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write."
)
@click.option(
    "--emit",
    "stage",
    type=click.Choice(_STAGES),
    help="Print a stage of the compilation instead; TensorFlow is not imported.",
)
@setting_option("Override a value of the spec.")
def command(
    spec: str, output: Path | None, stage: str | None, settings: tuple[Source, ...]
) -> None:
    """Compile a spec into model.py, model.keras and manifest.json.

    DIR is written whole or not at all; one that an earlier build wrote is replaced. Of an ensemble
    each member has such a folder by itself, DIR/members/0 and so on. Where TensorFlow is not
    installed, model.keras is left out.
    """
    if stage is None and output is None:
        raise click.UsageError("Give a folder with `-o DIR`, or a stage with `--emit`.")
    if stage is not None and output is not None:
        raise click.UsageError("`--emit` prints to standard output; it cannot go with `-o`.")
    report = accepted(spec, settings)
    if stage is not None:
        click.echo(_print(report, stage))
        return
    assert output is not None
    _write(report, output)


def _print(report: Report, stage: str) -> str:
    compiled = report.accepted()
    match stage:
        case "tree":
            assert report.tree is not None
            document = to_json(report.tree)
            assert isinstance(document, dict)
            document.pop(EXTENDS, None)  # the tree is the whole
            return _json(document)
        case "spec":
            return _json(compiled.model_dump(mode="json"))
        case "plan":
            return json.dumps(pipeline.plan(report).as_json(), indent=2)
        case _:
            return _source(report).rstrip("\n")


def _source(report: Report) -> str:
    """The emitted model.py."""
    spec, plan = report.accepted(), pipeline.plan(report)
    return emit(spec, plan, lower(spec, plan, report.weights_folder))


def _json(document: Any) -> str:
    """A document in its own script, with what a terminal would obey escaped as JSON has it."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if text.isascii():
        return text
    return "".join(
        one if one == "\n" or escaped(one) == one else json.dumps(one)[1:-1] for one in text
    )


def _write(report: Report, output: Path) -> None:
    with refusals():
        from bnnc.runtime.artifacts import (
            MANIFEST,
            make_manifest,
            read_manifest,
            write_without_model,
        )
        from bnnc.system.writing import refuse_if_occupied

        refuse_if_occupied(output, replaces=MANIFEST)
        if (output / MANIFEST).exists() and read_manifest(output)["trained"] is not None:
            raise UserError(
                f"{output} holds a trained run, which a build would replace; choose another folder"
            )
    look_at_folder(output)
    if not has_tensorflow():
        spec, plan = report.accepted(), pipeline.plan(report)
        with refusals():
            write_without_model(output, make_manifest(spec, plan.as_json()), _source(report))
        echo(
            f"{output}: model.py, manifest.json; no model.keras, which needs TensorFlow: "
            "`pip install 'bnnc[tf]'`"
        )
        return
    look_at_first_weights(report)
    with user_errors():
        program = pipeline.compile(report)
        program.set_folder(Path(report.folder or ""), report.file_name)
        program.save(output)
    members = len(program.members)
    models = "model.keras" if members == 1 else f"members/0 to members/{members - 1}"
    echo(f"{output}: model.py, {models}, manifest.json")
