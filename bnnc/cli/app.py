"""Entry point of the command line: run a command, and end with an exit code."""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import TextIO, cast

import click

from bnnc.cli.exit_codes import (
    BUG,
    FAILED_WHILE_RUNNING,
    INTERRUPTED,
    WRONG_USE,
    TerminatedError,
    UserError,
    ended_by_signals,
)
from bnnc.cli.streams import failure_of, set_standard_streams
from bnnc.cli.terminal import colored, echo, echo_labelled, width
from bnnc.errors import MissingExtraError, OutputError, as_missing_extra
from bnnc.printable import PrintableStream, harmless
from bnnc.version import VERSION

# pydantic looks through every installed package for plugins of its own when it is imported, a tenth
# of the time that a check takes. The command line wants none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# Command, and the line that `bnnc --help` shows; the module of the same name is imported only when
# the command is called, so that `check` does not wait for what `train` needs.
_COMMANDS = {
    "init": "Write a spec of the gallery, ready to train, and the schema.",
    "import": "Write the spec of a Keras or TFP script.",
    "check": "Check specs and scripts; report every finding with its place and a remedy.",
    "data": "Look at every row of the data: values, classes, duplicates, damaged files.",
    "explain": "Print a rule's page, or what a field of a spec or a word means.",
    "plan": "Show the layers of a spec with their shapes, parameters and costs.",
    "build": "Compile a spec into model.py, model.keras and manifest.json.",
    "train": "Train a spec, or resume an interrupted run.",
    "gather": "Make an ensemble of members that were trained one by one.",
    "sweep": "Search the values of a spec that give the best validation figures.",
    "calibrate": "Calibrate a run on held-out images; fit prediction sets and intervals.",
    "evaluate": "Print accuracy, likelihood and calibration on the test images.",
    "report": "Write a page about a run, with plots and images.",
    "runs": "List the runs in a folder.",
    "doctor": "Say why a run does not learn, or why it cannot be trusted.",
    "predict": "Classify images, with confidence, entropy and mutual information.",
    "export": "Export predictions to SavedModel, ONNX or LiteRT.",
    "card": "Write a model card with the figures of a run.",
    "serve": "Serve predictions over HTTP, with a page for images.",
    "diff": "Compare two specs by meaning, not by layout.",
    "schema": "Print the JSON Schema of the language.",
    "lsp": "Serve an editor: findings as you type, fixes, hover, completion.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = "import_script" if cmd_name == "import" else cmd_name
        command = importlib.import_module(f"bnnc.cli.{module}").command
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
    """Run the command line and exit with one of the codes of `bnnc.cli.exit_codes`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    set_standard_streams()
    code = run(given)
    failure = failure_of(sys.stdout)
    if failure is not None:
        _tell(f"standard output cannot be written: {failure.strerror}")
        code = max(code, WRONG_USE)
    sys.exit(code)


def _tell(message: str) -> None:
    echo_labelled("error", message, "red")


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show warnings about data alone, and those of libraries with their place."""
    if category.__name__ == "SpecWarning":
        from bnnc.compiler.checking.data_warnings import SpecWarning
        from bnnc.compiler.diagnostics.render import render

        assert isinstance(message, SpecWarning)
        color = colored(err=True)
        click.echo(render(message.diagnostics, color=color, columns=width(err=True)), err=True)
    elif category.__module__.startswith("bnnc."):
        echo_labelled("warning", str(message), "yellow")
    else:
        click.echo(warnings.formatwarning(message, category, filename, lineno, line), err=True)


def _show_wrong_use(error: click.ClickException) -> None:
    """As `error.show()` of click, with the message wrapped."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        way_out = f"Try '{context.command_path} {context.help_option_names[0]}' for help."
        click.echo(f"{context.get_usage()}\n{way_out}\n", err=True)
    echo(f"Error: {error.format_message()}", err=True)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; what it prints, a terminal can be shown."""
    styled = bool(os.environ.get("FORCE_COLOR"))
    out, err = (
        cast(TextIO, PrintableStream(one, styled=styled)) if one else None
        for one in (sys.stdout, sys.stderr)
    )
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    # Environment variables steer the tool, never the model: TensorFlow's start-up lines say
    # nothing about the spec, so they are silent unless asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        with ended_by_signals(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = cli.main(arguments or ["--help"], prog_name="bnnc", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except TerminatedError as error:
        click.echo(error, err=True)
        return error.exit_code
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        _show_wrong_use(error)
        return WRONG_USE
    except UserError as error:
        _tell(str(error))
        return error.exit_code
    except (MissingExtraError, OutputError) as error:
        _tell(str(error))
        return WRONG_USE
    except ModuleNotFoundError as error:
        missing = as_missing_extra(error, f"`bnnc {arguments[0]}`")
        if missing is None:
            return _bug(arguments)
        _tell(str(missing))
        return WRONG_USE
    except MemoryError:
        _tell("this machine's memory does not hold it")
        return FAILED_WHILE_RUNNING
    except OSError as error:
        # What the system refuses is no bug: a name that is too long, a disk that cannot be read.
        _tell(_refused_by_system(error))
        return WRONG_USE
    except UnicodeEncodeError as error:
        if error.encoding != sys.getfilesystemencoding() and error.encoding != "utf-8":
            return _bug(arguments)
        _tell(
            f"{ascii(error.object)[:200]} cannot be the name of a file in this locale: its "
            f"encoding is {error.encoding}. Set PYTHONUTF8=1, or a locale with UTF-8"
        )
        return WRONG_USE
    except Exception:  # noqa: BLE001 - the last resort: whatever comes here is a bug, and is shown
        return _bug(arguments)
    return code if isinstance(code, int) else 0


def _bug(arguments: list[str]) -> int:
    """Show the exception that is handled, and ask for a report of it."""
    traceback.print_exc()
    click.echo(
        f"\nThis is a bug in bnnc {VERSION}, not in your spec. Please report it, with the lines"
        f" above and the command that shows it:\n\n    {shlex.join(['bnnc', *arguments])}",
        err=True,
    )
    return BUG


def _refused_by_system(error: OSError) -> str:
    """Describe an error of the operating system in words."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is not None:
        name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file"
        shown = name if len(name) <= 200 else f"{name[:100]}...{name[-100:]}"
        return f"{harmless(shown)}: {reason}"
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the current folder was removed; change to another one"
    return reason
