"""Earn the thresholds of the BNN5xx rules: sweep what each looks at, and train at every value.

    python benchmarks/thresholds.py [CODE...] [--table FILE]

Rows that the table has already are not trained again.

Digits: ten epochs, the mean of three seeds and its standard error. Fashion-MNIST: three epochs, one
seed. The nets are dense (64 units, 128 units), so that the whole takes half an hour on two
cores; `benchmarks/learnability.py` tries the rules on random architectures.
"""

import argparse
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bnnc
from benchmarks.outcomes import Outcome, machine, on, outcome

SEEDS = (0, 1, 2)
DATA = ("digits", "fashion-mnist")


@dataclass(frozen=True)
class Trial:
    """One row: the value swept, and the spec that has it, for a source of data."""

    code: str
    source: str
    swept: str
    spec: dict[str, Any]


def spec(
    source: str,
    *,
    scale: float = 0.01,
    prior: float = 1.0,
    method: str = "flipout",
    optimizer: dict[str, Any] | None = None,
    batch_size: int = 32,
) -> dict[str, Any]:
    """A dense net that learns, with one thing changed."""
    digits = source == "digits"
    return {
        **on(source),
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 64 if digits else 128, "activation": "relu"},
            {"type": "dense", "units": 10},
        ],
        "bayesian": {
            "method": method,
            "prior": {"scale": prior},
            "posterior": {"initial_scale": scale},
        },
        "training": {
            "optimizer": optimizer or {"type": "adam", "learning_rate": 0.003},
            "batch_size": batch_size,
            "epochs": 10 if digits else 3,
        },
        "prediction": {"samples": 16},
    }


def trials() -> Iterator[Trial]:
    """Every row of the table, rule by rule."""
    for source in DATA:
        for scale in (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0):
            for method in ("flipout", "reparameterization"):
                one = spec(source, scale=scale, method=method)
                yield Trial("BNN501", source, f"initial_scale {scale:g}, {method}", one)
    for prior in (1.0, 0.3, 0.2, 0.1, 0.05, 0.03):
        one = spec("digits", prior=prior, scale=min(0.01, prior / 3))
        yield Trial("BNN502", "digits", f"prior scale {prior:g}", one)
    for prior in (0.3, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005):
        one = spec("fashion-mnist", prior=prior, scale=min(0.01, prior / 3))
        yield Trial("BNN502", "fashion-mnist", f"prior scale {prior:g}", one)
    for prior in (1.0, 0.3, 0.15, 0.1, 0.07, 0.05):
        one = spec("digits")
        one["bayesian"] = {"method": "concrete_dropout", "prior": {"scale": prior}}
        one["layers"].insert(2, {"type": "dropout", "rate": 0.1})
        yield Trial("BNN502", "digits", f"prior scale {prior:g}, concrete dropout", one)
    for family, scales in (
        ("student_t", (1.0, 0.3, 0.1, 0.05, 0.03, 0.01)),
        ("scale_mixture", (1.0, 0.3, 0.2, 0.1, 0.05)),
    ):
        for prior in scales:
            one = spec("digits", scale=min(0.01, prior / 3))
            one["bayesian"]["prior"] = {"distribution": family, "scale": prior}
            yield Trial("BNN502", "digits", f"prior scale {prior:g}, {family}", one)
    for loc in (0.0, 0.1, 0.3, 0.5, 1.0, "tied"):
        one = spec("digits", prior=0.5)
        one["bayesian"]["prior"] = {"distribution": "normal", "scale": 0.5, "loc": loc}
        yield Trial("BNN502", "digits", f"prior scale 0.5, loc {loc}", one)
    for source in DATA:
        for rate in (0.001, 0.01, 0.03, 0.05, 0.1, 0.3):
            one = spec(source, optimizer={"type": "adam", "learning_rate": rate})
            yield Trial("BNN503", source, f"adam {rate:g}", one)
        for rate in (0.03, 0.1, 0.3, 1.0, 3.0):
            one = spec(source, optimizer={"type": "sgd", "learning_rate": rate})
            yield Trial("BNN503", source, f"sgd {rate:g}", one)
        for rate in (0.01, 0.03, 0.1, 0.3):
            momentum = {"type": "sgd", "learning_rate": rate, "momentum": 0.9}
            yield Trial(
                "BNN503", source, f"sgd {rate:g}, momentum 0.9", spec(source, optimizer=momentum)
            )
    for source in DATA:
        for rate in (3e-3, 1e-3, 5e-4, 2e-4, 1e-4, 3e-5, 1e-5):
            one = spec(source, optimizer={"type": "adam", "learning_rate": rate})
            yield Trial("BNN504", source, f"adam {rate:g}", one)
        for rate in (0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4):
            one = spec(source, optimizer={"type": "sgd", "learning_rate": rate})
            yield Trial("BNN504", source, f"sgd {rate:g}", one)
    for batch_size in (32, 128, 512, 1437, 4096):
        yield Trial(
            "BNN505", "digits", f"batches of {batch_size}", spec("digits", batch_size=batch_size)
        )
    for batch_size in (32, 128, 512, 4096, 30_000, 60_001):
        one = spec("fashion-mnist", batch_size=batch_size)
        yield Trial("BNN505", "fashion-mnist", f"batches of {batch_size}", one)


def nets() -> Iterator[Trial]:
    """The rows of the rules on the layers themselves."""
    for kind, rates in (("adam", (0.01, 0.03, 0.1, 0.3)), ("sgd", (0.3, 1.0, 3.0))):
        for rate in rates:
            one = spec("digits", optimizer={"type": kind, "learning_rate": rate})
            one["layers"].insert(2, {"type": "layer_normalization"})
            yield Trial("BNN503", "digits", f"{kind} {rate:g}, layer normalization", one)
            one = spec("digits", optimizer={"type": kind, "learning_rate": rate})
            one |= {"bayesian": {"method": "none"}, "prediction": {"samples": 1}}
            one["layers"].insert(2, {"type": "batch_normalization", "momentum": 0.9})
            swept = f"{kind} {rate:g}, deterministic, batch normalization"
            yield Trial("BNN503", "digits", swept, one)
    for source in DATA:
        units = 64 if source == "digits" else 128
        flatten = {"type": "flatten"}
        head = {"type": "dense", "units": 10}
        for rate in (0.1, 0.5, 0.7, 0.8, 0.9, 0.95):
            one = {**spec(source), "bayesian": {"method": "mc_dropout"}}
            hidden = {"type": "dense", "units": units, "activation": "relu"}
            one["layers"] = [flatten, hidden, {"type": "dropout", "rate": rate}, head]
            yield Trial("BNN507", source, f"dropout {rate:g}", one)
        for activation in ("relu", "softmax", "linear"):
            one = spec(source)
            hidden = {"type": "dense", "units": units, "activation": activation}
            one["layers"] = [flatten, hidden, head]
            code = "BNN510" if activation == "linear" else "BNN509"
            yield Trial(code, source, f"hidden layer with {activation}", one)
        one = spec(source)
        one["layers"] = [flatten, head]
        yield Trial("BNN510", source, "no hidden layer", one)
    for source in DATA:
        momenta = (0.9, 0.99, 0.995, 0.998, 0.999, 0.9997)
        for momentum in momenta if source == "digits" else (0.99, 0.9995, 0.9997, 0.9999):
            units = 64 if source == "digits" else 128
            one = {**spec(source), "bayesian": {"method": "none"}}
            one["prediction"] = {"samples": 1}
            dense = {"type": "dense", "units": units, "activation": "relu"}
            normal = {"type": "batch_normalization", "momentum": momentum}
            head = {"type": "dense", "units": 10}
            one["layers"] = [{"type": "flatten"}, dense, normal, dense, normal, head]
            yield Trial("BNN511", source, f"momentum {momentum:g}, two normalizations", one)
    for epochs in (3, 6, 9, 12, 18):
        one = {**spec("digits"), "bayesian": {"method": "none"}, "prediction": {"samples": 1}}
        one["training"] |= {"epochs": epochs, "batch_size": 16}
        one["layers"] = [
            {"type": "up_sampling2d", "size": 4},
            {"type": "backbone", "application": "MobileNet", "weights": "none", "pooling": "avg"},
            {"type": "dense", "units": 10},
        ]
        yield Trial("BNN511", "digits", f"MobileNet, {epochs} epochs", one)
    normalization = {"type": "batch_normalization"}
    for batch_size in (1, 2, 32):
        for layer in ([], [normalization]):
            one = {**spec("digits", batch_size=batch_size), "bayesian": {"method": "none"}}
            one["prediction"] = {"samples": 1}
            one["training"]["epochs"] = 5
            one["layers"] = [*one["layers"][:-1], *layer, one["layers"][-1]]
            swept = f"batches of {batch_size}, {'with' if layer else 'without'} normalization"
            yield Trial("BNN508", "digits", swept, one)


def row(trial: Trial) -> str:
    """Train over the seeds; the row of the table."""
    reached = [
        _trained(trial.spec, seed) for seed in (SEEDS if trial.source == "digits" else SEEDS[:1])
    ]
    accuracy = _mean([one.accuracy for one in reached])
    nll = _mean([one.nll for one in reached])
    return f"| {trial.code} | {trial.source} | {trial.swept} | {accuracy} | {nll} |"


def _checked(line: str, trial: Trial) -> str:
    """The row with what the checker says of it now."""
    codes = ", ".join(sorted({one.code for one in bnnc.check(trial.spec).diagnostics})) or "–"
    return f"{'|'.join(line.split('|')[:6])}| {codes} |"


def _trained(document: dict[str, Any], seed: int) -> Outcome:
    training = {**document["training"], "seed": seed}
    if training["batch_size"] > 1:
        return outcome({**document, "training": training})
    # One row is refused where it cannot learn: the batches are made by hand.
    return outcome({**document, "training": {**training, "batch_size": 2}}, batches_of=1)


def _mean(values: list[float]) -> str:
    mean = statistics.fmean(values)
    if len(values) == 1 or not math.isfinite(mean):
        return f"{mean:.3f}"
    return f"{mean:.3f} ± {statistics.stdev(values) / math.sqrt(len(values)):.3f}"


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description="Train around the thresholds of the 5xx rules.")
    parser.add_argument("codes", nargs="*", help="rules to try; all by default")
    parser.add_argument("--table", type=Path, help="Markdown file to write; rows in it are kept")
    arguments = parser.parse_args()
    lines = [
        "# What the thresholds of the BNN5xx rules rest on",
        "",
        f"{machine()} Digits: ten epochs, three seeds, mean ± standard error. Fashion-MNIST: three "
        "epochs, one seed. The last column is what `bnnc check` says of the row.",
        "",
        "    python benchmarks/thresholds.py --table benchmarks/thresholds.md",
        "",
        "| rule | data | swept | accuracy | NLL | check |",
        "|---|---|---|---:|---:|---|",
    ]
    print("\n".join(lines), flush=True)
    rows: dict[str, str] = {}
    if arguments.table and arguments.table.exists():
        written = arguments.table.read_text("utf-8").splitlines()
        rows = {_trial_of(one): one for one in written if one.startswith("| BNN")}
    for trial in sorted((*trials(), *nets()), key=lambda one: one.code):
        key = f"| {trial.code} | {trial.source} | {trial.swept} |"
        if key not in rows and (not arguments.codes or trial.code in arguments.codes):
            rows[key] = _checked(row(trial), trial)
            print(rows[key], flush=True)
        elif key in rows:
            rows[key] = _checked(rows[key], trial)
        if arguments.table:
            text = "\n".join([*lines, *sorted(rows.values(), key=_code)]) + "\n"
            arguments.table.write_text(text, encoding="utf-8")


def _trial_of(line: str) -> str:
    return "|".join(line.split("|")[:4]) + "|"


def _code(line: str) -> str:
    return line.split("|")[1]


if __name__ == "__main__":
    main()
