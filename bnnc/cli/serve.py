"""`bnnc serve`."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import FAILED_WHILE_RUNNING, UserError, refusals, user_errors
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_run
from bnnc.cli.terminal import echo
from bnnc.errors import ArgumentError
from bnnc.serving.preflight import (
    Description,
    Limits,
    bound_socket,
    description_of_export,
    require_libraries,
)

if TYPE_CHECKING:
    from bnnc.serving.served import ServedModel

_DEFAULTS = Limits()


@click.command("serve")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--name", metavar="NAME", help="Name of the model in the addresses; the spec's by default."
)
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    help="Seed of the draws; the one of `bnnc predict` by default.",
)
@click.option(
    "--uncalibrated", is_flag=True, help="Leave out what `bnnc calibrate` fitted to the run."
)
@click.option(
    "--max-batch",
    type=click.IntRange(1, 65536),
    default=_DEFAULTS.max_batch,
    show_default=True,
    help="Most rows of several requests that are predicted together.",
)
@click.option(
    "--max-delay",
    type=click.FloatRange(0, 10_000),
    default=1000 * _DEFAULTS.max_delay,
    show_default=True,
    metavar="MS",
    help="Milliseconds that a request waits for others at most.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1, 1_000_000),
    default=_DEFAULTS.max_rows,
    show_default=True,
    help="Most rows of one request.",
)
@click.option(
    "--max-body",
    type=click.IntRange(1, 2048),
    default=_DEFAULTS.max_body // 2**20,
    show_default=True,
    metavar="MIB",
    help="Largest body of a request, in MiB.",
)
@click.option(
    "--max-queue",
    type=click.IntRange(1, 65536),
    default=_DEFAULTS.max_queue,
    show_default=True,
    help="Most requests at a time; others are refused with status 503.",
)
def command(
    run: Path,
    host: str,
    port: int,
    name: str | None,
    samples: int | None,
    seed: int | None,
    uncalibrated: bool,
    max_batch: int,
    max_delay: float,
    max_rows: int,
    max_body: int,
    max_queue: int,
) -> None:
    """Serve the predictions of a run over HTTP.

    RUN is a folder that `bnnc train` wrote, or one that `bnnc export` wrote: an export to ONNX or
    LiteRT is served without TensorFlow. Programs use the Open Inference Protocol of KServe and
    Triton, version 2 over REST, below /v2. The page at / is for people: an image that is dropped
    onto it is predicted. /metrics is for Prometheus.

    Answers are those of `bnnc predict` with the same draws and seed. Requests that arrive together
    are predicted together. Ctrl-C or SIGTERM ends the server after the requests that it has
    accepted, with exit code 0.

    Needs `pip install 'bnnc[serve]'`.
    """
    limits = Limits(max_batch, max_delay / 1000, max_rows, max_body * 2**20, max_queue)
    with refusals():
        require_libraries()
        said = description_of_export(run)
        if said is None:
            look_at_run(run)
        elif samples is not None or seed is not None or uncalibrated:
            raise click.UsageError(
                "The draws and the calibration of an export are fixed: leave out `--samples`, "
                "`--seed` and `--uncalibrated`, or serve the run."
            )
        if name is not None:
            _refuse_other_name(name)
        bound = bound_socket(host, port)
    with bound:
        if said is None:
            model = _of_run(run, name, samples, seed, calibrated=not uncalibrated)
        else:
            model = _of_export(run, said, name)
        from bnnc.serving.app import make_app
        from bnnc.serving.server import serve

        at = f"[{host}]" if ":" in host else host
        address = f"http://{at}:{bound.getsockname()[1]}"

        def begun() -> None:
            echo(f"{model.name}: {address}/ and {address}/v2. Ctrl-C ends the server")

        # What Pillow finds in a file of somebody else is said in the response, if it matters.
        warnings.filterwarnings("ignore", module="PIL")
        if not serve(make_app(model, limits), bound, begun):
            raise UserError("the server did not start", FAILED_WHILE_RUNNING)
    echo("the server has ended; every request that it accepted is answered")


def _refuse_other_name(name: str) -> None:
    from bnnc.specs.section import SPEC_NAME

    if not re.search(SPEC_NAME, name):
        raise click.UsageError(
            "Expected `--name` to be letters, digits, dots, dashes and underscores."
        )


def _of_run(
    run: Path, name: str | None, samples: int | None, seed: int | None, *, calibrated: bool
) -> ServedModel:
    with user_errors():
        from bnnc.cli.trained import load_trained
        from bnnc.serving.served import served_program

        program = load_trained(run)
        try:
            model = served_program(
                program, name=name, samples=samples, seed=seed, calibrated=calibrated
            )
        except ArgumentError as error:
            raise UserError(str(error)) from error
        if calibrated and program.calibration is not None:
            tell([program.calibration.summary])
        if not model.joins_requests:
            tell(
                [
                    "each request is predicted alone: a layer has noise that depends on the place "
                    "of an image among the others"
                ]
            )
    return model


def _of_export(folder: Path, said: Description, name: str | None) -> ServedModel:
    from bnnc.serving.served import served_export

    if said["format"] == "saved-model":
        with user_errors():
            return served_export(folder, said, name)
    with refusals():
        return served_export(folder, said, name)
