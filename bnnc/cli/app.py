"""The entry point: the commands, each imported when it is called, and every way of ending."""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import TextIO

import click

from bnnc.cli.endings import BUG, FAILED_WHILE_RUNNING, WRONG_USE, UsersError
from bnnc.version import VERSION

# pydantic looks through every installed package for plugins of its own when it is imported, a tenth
# of the time that a check takes. The command line wants none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# Command, and the line that `bnnc --help` shows; the module of the same name is imported only when
# the command is called, so that `check` does not wait for what `train` needs.
_COMMANDS = {
    "init": "Write a spec of the gallery, ready to train, and the schema.",
    "check": "Check specs; report every finding with its place and the way out.",
    "explain": "Print a rule's page, or what a field of a spec means.",
    "plan": "Show the layers of a spec with their shapes, parameters and costs.",
    "build": "Compile a spec into model.py, model.keras and manifest.json.",
    "train": "Train a spec, or go on with an interrupted run.",
    "evaluate": "Print accuracy, likelihood and calibration on the test images.",
    "predict": "Classify images, with confidence, entropy and mutual information.",
    "diff": "Show what differs between two specs in meaning, not in layout.",
    "schema": "Print the JSON Schema of the language.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"bnnc.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Not the base's way: that would import every command for its one line.
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="bnnc")
def cli() -> None:
    """Compile a declarative spec of a Bayesian image model, and train it.

    A spec whose parts contradict each other is refused, at the line, with the way out.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with one of the codes of `bnnc.cli.endings`, or 130."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """What is said of a person's data stands alone; of a library, the place in it is said too."""
    if category.__module__.startswith("bnnc."):
        click.echo(f"{click.style('warning', fg='yellow', bold=True)}: {message}", err=True)
    else:
        click.echo(warnings.formatwarning(message, category, filename, lineno, line), err=True)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    # Environment variables steer the tool, never the model: TensorFlow's start-up lines say
    # nothing about the spec, so they are silent unless asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = cli.main(arguments, prog_name="bnnc", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_USE
    except UsersError as error:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output, `head` say, has seen enough. Python would complain at exit
        # when it flushes what nobody reads.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 130
    except MemoryError:
        click.echo("error: this machine's memory does not hold it", err=True)
        return FAILED_WHILE_RUNNING
    except Exception:  # noqa: BLE001 - the last resort: whatever comes here is a bug, and is shown
        traceback.print_exc()
        click.echo(
            f"\nThis is a bug in bnnc {VERSION}, not in your spec. Please report it, with the lines"
            f" above and the command that shows it:\n\n    {shlex.join(['bnnc', *arguments])}",
            err=True,
        )
        return BUG
    return code if isinstance(code, int) else 0
