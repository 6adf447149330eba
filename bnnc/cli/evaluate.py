"""`bnnc evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnnc.cli.endings import UsersError, users_errors

_MEANINGS = {
    "accuracy": "share of the images whose likeliest class is right",
    "nll": "negative log-likelihood, nats an image",
    "brier": "Brier score, 0 to 2",
    "ece": "expected calibration error, 15 bins",
    "entropy": "mean predictive entropy, nats",
    "mutual_information": "mean mutual information of label and weights, nats",
}


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--data", metavar="SOURCE", help="A named source or a path; the run's by default.")
@click.option(
    "--samples", type=click.IntRange(1, 1_000_000), help="Weight draws; the spec's by default."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(run: Path, data: str | None, samples: int | None, as_json: bool) -> None:
    """Print accuracy, likelihood and calibration on the test images.

    RUN is a folder that `bnnc train` wrote. The predictive probabilities are averaged over weight
    draws; the entropy is that of the average.
    """
    with users_errors():
        from bnnc.runtime.program import load

        program = load(run)
        if not program.trained:
            raise UsersError(f"{run} was built and never trained: `bnnc train {run}` trains it")
        try:
            metrics = program.evaluate(data, samples=samples)
        except ValueError as error:
            raise UsersError(str(error)) from error
    rows = int(metrics.pop("rows"))
    stochastic = program.manifest["plan"]["first_stochastic"] is not None
    draws = (samples or program.spec.prediction.samples) if stochastic else 1
    if as_json:
        click.echo(json.dumps({**metrics, "rows": rows, "samples": draws}))
        return
    click.echo(f"{rows:,} test images, {draws} weight draw{'s' * (draws > 1)}\n")
    for name, value in metrics.items():
        click.echo(f"{name:<20}{value:<10.4f}{_MEANINGS[name]}")
