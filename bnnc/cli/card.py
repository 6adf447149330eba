"""`bnnc card`."""

from __future__ import annotations

from pathlib import Path

import click

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_file
from bnnc.cli.specs import look_at_evaluation
from bnnc.cli.terminal import echo
from bnnc.cli.trained import load_trained
from bnnc.reporting.preflight import refuse_to_replace_other_card


@click.command("card")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("README.md"),
    show_default=True,
    metavar="FILE",
    help="The card to write; an earlier card is replaced.",
)
@click.option("--data", metavar="SOURCE", help="A named source or a path; the run's by default.")
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option(
    "--ood",
    multiple=True,
    metavar="SOURCE",
    help="Images to tell from the test images, as of `bnnc evaluate`. May be repeated.",
)
@click.option(
    "--shift/--no-shift",
    default=None,
    help="Evaluate corrupted test images too, as `bnnc evaluate`. Takes 40 times as long.",
)
@click.option(
    "--license", metavar="ID", help="License of the model, as Hugging Face has it: apache-2.0."
)
@click.option(
    "--push",
    metavar="REPO",
    help="Upload the run and the card to this repository on Hugging Face, such as me/digits; a new"
    " one is private. Needs `pip install 'bnnc[hub]'`, and `hf auth login`.",
)
def command(
    run: Path,
    output: Path,
    data: str | None,
    samples: int | None,
    ood: tuple[str, ...],
    shift: bool | None,
    license: str | None,
    push: str | None,
) -> None:
    """Write a model card: Markdown with the metadata of Hugging Face.

    It says what the model is and takes, what it was trained on and how, the figures of `bnnc
    evaluate` with their standard errors, what `bnnc doctor` finds, what was not measured, and how
    to load and to train it again. The figures are in the metadata too, as a `model-index`.

    RUN is a folder that `bnnc train` wrote. It is evaluated anew, as nothing keeps the figures.
    """
    with refusals():
        if push is not None:
            from bnnc.reporting.publishing import require_hub

            require_hub()
        look_at_evaluation(run, data, ood)
        refuse_to_replace_other_card(output)
        look_at_file(output)
    with user_errors():
        from bnnc.reporting.card import card_text
        from bnnc.reporting.results import measured
        from bnnc.system.writing import write_text

        program = load_trained(run)
        try:
            found = measured(run, program, data=data, samples=samples, ood=ood or None, shift=shift)
        except ValueError as error:
            raise UserError(str(error)) from error
        tell(found.evaluation.notes)
        card = card_text(found, license, push)
        write_text(output, card)
    echo(f"{output}: the card of {run}")
    if push is not None:
        from bnnc.reporting.publishing import push as upload

        with refusals():
            echo(f"{push}: {upload(run, card, push)}")
