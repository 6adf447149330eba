"""`bnnc import`."""

from __future__ import annotations

from pathlib import Path

import click

from bnnc.cli.exit_codes import UserError
from bnnc.cli.specs import read
from bnnc.cli.terminal import echo
from bnnc.compiler.reading.encoding import read_bytes
from bnnc.compiler.text.source import is_script
from bnnc.printable import harmless
from bnnc.system.writing import write_bytes


@click.command("import")
@click.argument("script", metavar="SCRIPT")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write; standard output by default.",
)
def command(script: str, output: Path | None) -> None:
    """Write the spec of a Keras or TFP script, which is read and never run.

    SCRIPT is a Python file or a Jupyter notebook. Comments in the spec name the lines that it does not cover.
    """
    from bnnc.compiler.scripts.read import read_script
    from bnnc.compiler.scripts.write_spec import write_spec

    source, _ = read_bytes(*read(script, script))
    if not is_script(source):
        raise UserError(
            f"{harmless(script)} is not a Python script or a notebook; expected a name ending in .py"
            " or .ipynb"
        )
    if output is not None and output.exists():
        raise UserError(f"{output} exists already; choose another name with `-o FILE`")
    try:
        found = read_script(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = None
    if found is None or found.tree is None or not found.layers:
        raise UserError(
            f"no model can be read from {harmless(script)}: `bnnc check {harmless(script)}` says why"
        )
    text = write_spec(found, harmless(Path(script).name))
    if output is None:
        click.echo(text, nl=False)
        return
    write_bytes(output, text.encode())
    echo(f"{output}: check it with `bnnc check {output}`, train it with `bnnc train {output}`")
