"""Train with the KL weighted too much and too little, and print what each weight costs.

    python benchmarks/kl_weight.py [NET...] [--seeds 5] [--table FILE]

The factor is weight · temperature · N, N being the rows trained on: 1 is the evidence lower bound.
The thresholds of the rules BNN416, BNN417, BNN419 and BNN420 rest on the table. Takes about an
hour on two cores. With `--table`, the rows are also written to a Markdown file, after each factor,
so that an interrupted run keeps what it has.
"""

import argparse
import datetime
import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import yaml

import bnnc
from bnnc.runtime.data import load

Document = dict[str, Any]
ELBO = 1.0
FACTORS = (0.0, 1e-4, 1e-3, 1e-2, 0.1, ELBO, 3.0, 10.0, 30.0, 100.0, 1437.0)


@dataclass(frozen=True)
class Net:
    """What is trained: a spec, how many rows of its source (None for all), and with what factors.

    One training of a large net says enough where the differences are large; the others are run
    with as many seeds as asked for.
    """

    title: str
    document: Document
    factors: Sequence[float] = FACTORS
    rows: int | None = None
    once: bool = False


@dataclass(frozen=True)
class Reached:
    """What one training reached on the test images, and how wide the posterior ended.

    `scale` is the median over all weights of the posterior's scale over the prior's: 1 where the
    data says nothing.
    """

    accuracy: float
    nll: float
    ece: float
    scale: float


def gallery(name: str) -> Document:
    """A spec of the gallery."""
    file = resources.files("bnnc.specs").joinpath(f"gallery/{name}.yaml")
    document: Document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def dense_digits() -> Document:
    """One hidden layer on the digits."""
    document = gallery("digits-flipout")
    hidden = {"type": "dense", "units": 32, "activation": "relu"}
    document["layers"] = [{"type": "flatten"}, hidden, {"type": "dense", "units": 10}]
    return document


def short_fashion() -> Document:
    """LeNet-5 of the gallery, trained for two epochs."""
    document = gallery("fashion-lenet5-flipout")
    document["training"]["epochs"] = 2
    document["loss"]["kl"]["warmup_epochs"] = 1
    document["prediction"]["samples"] = 16
    return document


def nets() -> dict[str, Net]:
    """What is trained, by the name to ask for it."""
    conv = gallery("digits-flipout")
    # 128 is 1 / batches: as many times too much as a batch has rows. 60,000 is a weight of 1.
    fashion = (ELBO, 3.0, 128.0, 10.0, 0.0, 1e-3, 60_000.0)
    return {
        "conv": Net("digits-flipout", conv),
        "dense": Net("Digits, one hidden layer of 32", dense_digits()),
        "few": Net("digits-flipout on 200 rows", conv, (ELBO, 200.0), rows=200),
        "fashion": Net("fashion-lenet5-flipout for 2 epochs", short_fashion(), fashion, once=True),
    }


def reach(net: Net, factor: float, seed: int) -> Reached:
    """Train once."""
    document = {**net.document, "training": {**net.document["training"], "seed": seed}}
    # The temperature multiplies 1/N: the same number as a weight of factor / N.
    kl = {**document["loss"]["kl"], "temperature": factor} if factor else {"weight": 0}
    program = bnnc.compile({**document, "loss": {**document["loss"], "kl": kl}})
    train = load(document["data"]["source"]).train
    program.fit(train.images[: net.rows], train.labels[: net.rows], verbose=0)
    metrics = program.evaluate(document["data"]["source"])
    prior = document["bayesian"]["prior"]["scale"]
    scales = [
        np.ravel(layer.kernel_scale)
        for layer in program.model.layers
        if hasattr(layer, "kernel_scale")
    ]
    scale = float(np.median(np.concatenate(scales))) / prior
    keras.backend.clear_session()
    return Reached(metrics["accuracy"], metrics["nll"], metrics["ece"], scale)


def row(factor: float, reached: Sequence[Reached], elbo: Sequence[Reached]) -> str:
    """One line of a table: means over the seeds, and the NLL against that of factor 1.

    The difference is that of trainings with the same seed, and stands in standard errors of its
    mean.
    """
    means = [
        statistics.mean(getattr(one, name) for one in reached)
        for name in ("accuracy", "nll", "ece", "scale")
    ]
    accuracy = difference([one.accuracy for one in reached], [one.accuracy for one in elbo])
    nll = difference([one.nll for one in reached], [one.nll for one in elbo])
    cells = [f"{factor:g}", *(f"{mean:.4f}" for mean in means), accuracy, nll]
    return "| " + " | ".join(cells) + " |"


def difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The mean difference of pairs, in standard errors where there are several."""
    pairs = [one - other for one, other in zip(ours, theirs, strict=True)]
    mean = statistics.mean(pairs)
    if not any(pairs):
        return ""
    if len(pairs) == 1:
        return f"{mean:+.4f}"
    error = statistics.stdev(pairs) / math.sqrt(len(pairs))
    return f"{mean:+.4f} ({mean / error:+.1f})"


def table(net: Net, seeds: int, reached: dict[float, list[Reached]]) -> list[str]:
    """The table of one net, as far as it is trained."""
    runs = "1 seed" if seeds == 1 else f"{seeds} seeds"
    rows = "" if net.rows is None else f", {net.rows} rows"
    epochs = net.document["training"]["epochs"]
    return [
        f"## {net.title}",
        "",
        f"{net.document['data']['source']}{rows}, {epochs} epochs, {runs}.",
        "",
        "| factor | accuracy | NLL | ECE | scale over prior | accuracy against 1 | NLL against 1 |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *(row(factor, reached[factor], reached[ELBO]) for factor in sorted(reached)),
        "",
    ]


def header() -> list[str]:
    """What the tables say of themselves."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("keras", "tensorflow"))
    return [
        "# What the weight of the KL costs",
        "",
        f"{datetime.date.today().isoformat()}, {os.cpu_count()} CPU cores, Python "
        f"{platform.python_version()}, {versions}.",
        "",
        "    python benchmarks/kl_weight.py --table benchmarks/kl_weight.md",
        "",
        "The factor is weight · temperature · N: 1 is the evidence lower bound, 0 no KL at all. "
        "Test images, with the weight draws that the spec says. `scale over prior` is the median "
        "of the posterior's scales over the prior's. The last two columns compare trainings of the "
        "same seeds, in brackets in standard errors of the mean difference. On Fashion-MNIST 128 is "
        "a weight of 1 / batches; the last factor of each net is a weight of 1.",
        "",
    ]


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(nets())}; all")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each small net")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    done: list[str] = header()
    for name, net in nets().items():
        if arguments.nets and name not in arguments.nets:
            continue
        seeds = 1 if net.once else arguments.seeds
        reached: dict[float, list[Reached]] = {}
        for factor in (ELBO, *(one for one in net.factors if one != ELBO)):
            reached[factor] = [reach(net, factor, seed) for seed in range(seeds)]
            print(net.title, row(factor, reached[factor], reached[ELBO]), flush=True)
            if arguments.table:
                lines = [*done, *table(net, seeds, reached)]
                arguments.table.write_text("\n".join(lines), encoding="utf-8")
        done += table(net, seeds, reached)


if __name__ == "__main__":
    main()
