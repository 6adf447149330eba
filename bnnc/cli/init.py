"""`bnnc init`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

import click

from bnnc.cli.exit_codes import UserError
from bnnc.cli.terminal import echo, width
from bnnc.compiler.reading.reader import read
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping, find, to_json
from bnnc.specs.schema import FILE_NAME, schema_text
from bnnc.system.wrapping import definitions
from bnnc.system.writing import write_bytes

_SUFFIXES = {".yaml", ".yml"}
_DEFAULT = "digits-flipout"
# A longer name has its description on the next line.
_LONGEST_NAME = 28


@click.command("init")
@click.argument("template", required=False, metavar="[TEMPLATE]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write; TEMPLATE.yaml by default.",
)
@click.option("--list", "listed", is_flag=True, help="List the templates, and what each is.")
def command(template: str | None, output: Path | None, listed: bool) -> None:
    """Write a spec of the gallery, ready to train, and the schema beside it for your editor.

    TEMPLATE is a spec of the gallery, digits-flipout by default. Files that are there already are
    left alone.
    """
    templates = _templates()
    if listed:
        described = [(name, _described(text)) for name, text in templates.items()]
        click.echo(definitions(described, width(), most=_LONGEST_NAME))
        return
    name = template or _DEFAULT
    if name not in templates:
        close = get_close_matches(name, templates, n=1) or [
            one for one in templates if set(name.split("-")) & set(one.split("-"))
        ]
        named = ", ".join(f"`{one}`" for one in close or templates)
        hint = f"did you mean {named}?" if len(close) == 1 else f"there are {named}"
        raise UserError(f"there is no template `{name}`; {hint}")
    target = output or Path(f"{name}.yaml")
    if target.suffix.lower() not in _SUFFIXES:
        raise UserError(
            f"{target} would be passed over by editors and by `bnnc check FOLDER`: write "
            f"`-o {target}.yaml`"
        )
    if target.exists():
        raise UserError(f"{target} exists already; choose another name with `-o FILE`")
    text = templates[name].replace(f"$schema=../{FILE_NAME}", f"$schema={FILE_NAME}")
    schema = target.with_name(FILE_NAME)
    write_bytes(target, text.encode())
    if not schema.exists():
        write_bytes(schema, schema_text().encode())
    write_bytes(target, text.encode())
    echo(f"{target}: check it with `bnnc check {target}`, train it with `bnnc train {target}`")


def _described(text: str) -> str:
    """First sentence of a spec's description."""
    tree, _ = read(Source("", text))
    node = find(tree, ("description",)) if isinstance(tree, Mapping) else None
    described = "" if node is None else str(to_json(node))
    return re.split(r"(?<!et al)[.:;](?:\s|$)", described, maxsplit=1)[0]


def _templates() -> dict[str, str]:
    folder = resources.files("bnnc.specs").joinpath("gallery")
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in entries
        if entry.name.endswith(".yaml")
    }
