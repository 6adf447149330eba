"""`bnnc evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnnc.cli.exit_codes import UserError, user_errors
from bnnc.cli.preflight import look_at_run
from bnnc.cli.specs import look_at_data
from bnnc.cli.terminal import width
from bnnc.cli.trained import (
    refuse_untrained,
    refuse_weights_that_are_not_finite,
    warn_without_posterior,
)
from bnnc.system.wrapping import definitions

_MEANINGS = {
    "accuracy": "share of the images whose most likely class is right",
    "baseline_accuracy": "accuracy of always guessing the most common class",
    "balanced_accuracy": "mean accuracy over the classes",
    "subset_accuracy": "share of the images whose labels are all right",
    "binary_accuracy": "share of the single labels that are right",
    "baseline_binary_accuracy": "binary accuracy of always guessing each label's more common value",
    "auroc": "area under the ROC curve; of several labels, their mean",
    "average_precision": "mean precision over all recalls; of several labels, their mean",
    "nll": "negative log-likelihood, nats per image",
    "brier": "Brier score, 0 to 2",
    "ece": "expected calibration error, 15 bins",
    "entropy": "mean predictive entropy, nats",
    "mutual_information": "mean mutual information of label and weights, nats",
    "rank_mae": "mean distance of the most likely class from the right one, in ranks",
    "rmse": "root mean squared error of the predictive mean",
    "mae": "mean absolute error of the predictive mean",
    "crps": "continuous ranked probability score, in the label's units",
    "coverage_50": "share of the labels inside the central 50 % interval",
    "coverage_90": "share of the labels inside the central 90 % interval",
    "coverage_95": "share of the labels inside the central 95 % interval",
    "aleatoric_std": "noise of the labels, which more data does not reduce",
    "epistemic_std": "disagreement of the weight draws",
}

# What the manifest of a run calls data that Python handed over.
_NOT_AT_A_PATH = ("arrays", "dataset")


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--data", metavar="SOURCE", help="A named source or a path; the run's by default.")
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(run: Path, data: str | None, samples: int | None, as_json: bool) -> None:
    """Print accuracy or errors, likelihood and calibration on the test images.

    RUN is a folder that `bnnc train` wrote. The prediction is the mixture over weight draws, and
    over the members of an ensemble: the average of their probabilities or densities. Each member is
    a run too: RUN/members/0 and so on.
    """
    if data is not None:
        look_at_data(data)
    manifest, _ = look_at_run(run)
    trained_on = (manifest["trained"] or {}).get("data")
    if data is None and trained_on not in (None, *_NOT_AT_A_PATH):
        look_at_data(trained_on)
    with user_errors():
        from bnnc.runtime.runs.loading import load

        program = load(run)
        refuse_untrained(program, run)
        refuse_weights_that_are_not_finite(program, run)
        warn_without_posterior(program, run)
        try:
            metrics = program.evaluate(data, samples=samples)
        except ValueError as error:
            raise UserError(str(error)) from error
    rows = int(metrics.pop("rows"))
    draws, members = program.draws(samples), len(program.members)
    if as_json:
        said = {} if members == 1 else {"members": members}
        click.echo(json.dumps({**metrics, "rows": rows, **said, "samples": draws}))
        return
    each = draws // members
    words = f"{each} weight draw{'s' * (each > 1)}"
    if members > 1:
        words = f"{members} members" + (f", {words} of each" if each > 1 else "")
    click.echo(f"{rows:,} test images, {words}\n")
    column = max(map(len, metrics)) + 2
    named = ((f"{name:<{column}}{value:<8.4f}", _MEANINGS[name]) for name, value in metrics.items())
    click.echo(definitions(named, width(), most=column + 12))
