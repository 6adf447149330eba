"""The help of every command, as the command prints it."""

from __future__ import annotations

import click

from bnnc.cli.app import cli

_COLUMNS = 80


def help_texts() -> dict[str, str]:
    """The help of each command by its name, in the order of `bnnc --help`."""
    with click.Context(cli, info_name="bnnc", terminal_width=_COLUMNS) as root:
        return {name: _help(root, name) for name in cli.list_commands(root)}


def commands_reference() -> str:
    """A section for each command."""
    return "\n".join(
        f"## bnnc {name}\n\n```text\n{text}\n```\n" for name, text in help_texts().items()
    )


def _help(root: click.Context, name: str) -> str:
    command = cli.get_command(root, name)
    assert command is not None
    with click.Context(
        command,
        parent=root,
        info_name=name,
        terminal_width=_COLUMNS,
        help_option_names=["-h", "--help"],
    ) as context:
        return command.get_help(context)
