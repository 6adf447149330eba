"""`bnnc schema`."""

from __future__ import annotations

import click

from bnnc.specs.schema import schema_text


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the language (2020-12).

    Save it beside your specs, and editors complete and check them as you type:

        bnnc schema > bnnc.schema.json
    """
    click.echo(schema_text(), nl=False)
