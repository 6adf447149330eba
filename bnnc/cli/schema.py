"""`bnnc schema`."""

from __future__ import annotations

import json

import click

from bnnc.specs.schema import schema_text


@click.command("schema")
@click.option("--search", is_flag=True, help="That of the search files of `bnnc sweep`.")
def command(search: bool) -> None:
    """Print the JSON Schema of the language (2020-12).

    Save it beside your specs, and editors complete and check them as you type:

        bnnc schema > bnnc.schema.json
    """
    if search:
        from bnnc.specs.search_schema import make_search_schema

        click.echo(json.dumps(make_search_schema(), indent=2, ensure_ascii=False))
        return
    click.echo(schema_text(), nl=False)
