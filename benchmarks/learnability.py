"""How often the checker is right: random specs, checked, trained on digits, and counted.

    python benchmarks/learnability.py [--specs N] [--first SEED] [--table FILE] [--runs FILE]

Every spec has ten epochs. Of those without a warning or an error in BNN4xx and BNN5xx, how many beat
a linear classifier (ten epochs under Keras's defaults)? Of those with one, how many do worse than
with all fixes applied? Worse is a higher NLL on the test rows. With `--runs` every training is
written down as a line of JSON, and a second call goes on behind the last line.
"""

import argparse
import json
import random
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from benchmarks.outcomes import linear_accuracy, machine, on, outcome
from bnnc.compiler.pipeline import check_bytes, fix
from bnnc.compiler.report import Report
from bnnc.specs.methods import METHODS as REGISTERED

METHODS = ("reparameterization", "flipout", "local_reparameterization", "none", "mc_dropout")
ACTIVATIONS = ("relu", "relu", "relu", "tanh", "elu", "gelu")


def random_spec(seed: int) -> dict[str, Any]:
    """A net for digits with everything that decides on learning drawn at random.

    Two in five draw from the range that a careful person would choose from; the others from all
    that the language takes seriously, over several powers of ten.
    """
    draw = random.Random(seed)
    careful = draw.random() < 0.4
    method = draw.choice(METHODS)
    layers = _layers(draw)
    if method == "mc_dropout":
        layers.append({"type": "dropout", "rate": draw.choice((0.05, 0.1, 0.25, 0.5, 0.9))})
    spec: dict[str, Any] = {
        **on("digits"),
        "layers": [*layers, {"type": "dense", "units": 10}],
        "bayesian": {"method": method},
        "prediction": {"samples": 1 if method == "none" else 16},
    }
    if REGISTERED[method].has_kl:
        spec["bayesian"] |= {
            "layers": draw.choice(("all", "all", "last")),
            "prior": {"scale": draw.choice((0.03, 0.1, 0.1, 0.3, 1.0, "learned"))},
            # The language ends at 1.
            "posterior": {"initial_scale": min(_power(draw, 1e-3, 0.05 if careful else 3.0), 1.0)},
        }
        if draw.random() < 0.3:
            spec["loss"] = {"kl": {"weight": _power(draw, 1e-5, 1.0)}}
    spec["training"] = {
        "optimizer": _optimizer(draw, careful),
        "batch_size": draw.choice(
            (8, 16, 32, 64, 128) if careful else (8, 16, 32, 64, 128, 256, 512, 1437, 4096)
        ),
        "epochs": 10,
        "seed": draw.randrange(1000),
    }
    return spec


def _layers(draw: random.Random) -> list[dict[str, Any]]:
    if draw.random() < 0.55:
        return [{"type": "flatten"}, *_hidden(draw, draw.choice((1, 1, 2)), (16, 32, 64, 128, 256))]
    layers: list[dict[str, Any]] = []
    for _ in range(draw.choice((1, 2))):
        layers.append(
            {
                "type": "conv2d",
                "filters": draw.choice((8, 16, 32)),
                "kernel_size": 3,
                "padding": "same",
                "activation": draw.choice(ACTIVATIONS),
            }
        )
        if draw.random() < 0.6:
            layers.append({"type": "max_pooling2d", "pool_size": 2})
    return [*layers, {"type": "flatten"}, *_hidden(draw, draw.choice((0, 1)), (32, 64, 128))]


def _hidden(draw: random.Random, count: int, units: tuple[int, ...]) -> list[dict[str, Any]]:
    return [
        {"type": "dense", "units": draw.choice(units), "activation": draw.choice(ACTIVATIONS)}
        for _ in range(count)
    ]


def _optimizer(draw: random.Random, careful: bool) -> dict[str, Any]:
    kind = draw.choice(("adam", "adam", "adamw", "sgd", "momentum"))
    if kind.startswith("adam"):
        section = {
            "type": kind,
            "learning_rate": _power(draw, *((1e-3, 1e-2) if careful else (1e-5, 1.0))),
        }
        return section | ({"weight_decay": draw.choice((0, 0.004))} if kind == "adamw" else {})
    rate = _power(draw, *((1e-2, 0.1) if careful else (1e-5, 1.0)))
    return {"type": "sgd", "learning_rate": rate} | (
        {"momentum": 0.9} if kind == "momentum" else {}
    )


def _power(draw: random.Random, low: float, high: float) -> float:
    """A number from low to high, uniform in its logarithm, of two digits."""
    return float(f"{low * (high / low) ** draw.random():.2g}")


def findings(report: Report) -> list[str]:
    """Codes of the warnings and errors in BNN4xx and BNN5xx."""
    return sorted(
        {
            one.code
            for one in report.diagnostics
            if one.severity != "information" and one.code[:4] in ("BNN4", "BNN5")
        }
    )


def run(seed: int) -> dict[str, Any]:
    """Check and train one spec, and its fixed version if something was found."""
    text = yaml.safe_dump(random_spec(seed), sort_keys=False)
    report = check_bytes("spec.yaml", text.encode())
    record: dict[str, Any] = {"seed": seed, "codes": findings(report), "spec": text}
    if report.ok:
        record["written"] = asdict(outcome(yaml.safe_load(text)))
    if record["codes"]:
        fixed = fix(report, unsafe=True)
        record["left"] = findings(fixed.report)
        record["fix"] = fixed.source.text
        record["fixed"] = asdict(outcome(yaml.safe_load(fixed.source.text)))
    return record


def table(runs: list[dict[str, Any]], linear: float) -> list[str]:
    """The shares, and those of each code."""
    passed = [one for one in runs if not one["codes"]]
    flagged = [one for one in runs if one["codes"]]
    beats = [one for one in passed if one["written"]["accuracy"] > linear]
    worse = [one for one in flagged if _is_worse(one)]
    lines = [
        f"A linear classifier has an accuracy of {linear:.3f} (mean of five seeds).",
        "",
        "| of | specs | | share |",
        "|---|---:|---|---:|",
        f"| passed | {len(passed)} | beat the linear classifier | {_share(beats, passed)} |",
        f"| flagged | {len(flagged)} | do worse than their fixed version | {_share(worse, flagged)} |",
        "",
        "By code, among those flagged (a spec can have several):",
        "",
        "| code | specs | worse than fixed | accuracy as written | fixed |",
        "|---|---:|---:|---:|---:|",
    ]
    for code in sorted({code for one in flagged for code in one["codes"]}):
        having = [one for one in flagged if code in one["codes"]]
        lines.append(
            f"| {code} | {len(having)} | {_share([o for o in having if _is_worse(o)], having)} | "
            f"{_median(having, 'written')} | {_median(having, 'fixed')} |"
        )
    lines += ["", "Accuracies are medians; an error, which is not trained, counts as worse."]
    missed = [one for one in passed if one not in beats]
    lines += ["", "Passed, and not better than linear:", ""]
    lines += [f"- seed {one['seed']}: accuracy {one['written']['accuracy']:.3f}" for one in missed]
    return lines


def _is_worse(one: dict[str, Any]) -> bool:
    """Whether the fixed version has the lower NLL; an error does not train at all."""
    if "written" not in one:
        return True
    return bool(one["fixed"]["nll"] < one["written"]["nll"])


def _share(some: list[dict[str, Any]], of: list[dict[str, Any]]) -> str:
    return f"{100 * len(some) / len(of):.1f} % ({len(some)})" if of else "–"


def _median(runs: list[dict[str, Any]], which: str) -> str:
    reached = [one[which]["accuracy"] for one in runs if which in one]
    return f"{statistics.median(reached):.3f}" if reached else "–"


def main() -> None:
    """Train what is not trained yet, and print."""
    parser = argparse.ArgumentParser(description="Count how often the checker is right.")
    parser.add_argument("--specs", type=int, default=300)
    parser.add_argument("--first", type=int, default=10_000, help="seed of the first spec")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    parser.add_argument("--runs", type=Path, help="file of JSON lines: what was trained")
    arguments = parser.parse_args()
    runs: list[dict[str, Any]] = []
    if arguments.runs and arguments.runs.exists():
        runs = [json.loads(line) for line in arguments.runs.read_text("utf-8").splitlines()]
    for seed in range(arguments.first + len(runs), arguments.first + arguments.specs):
        runs.append(run(seed))
        print(seed, runs[-1]["codes"], runs[-1].get("written"), runs[-1].get("fixed"), flush=True)
        if arguments.runs:
            with arguments.runs.open("a", encoding="utf-8") as file:
                file.write(json.dumps(runs[-1]) + "\n")
    lines = [
        "# How often the checker is right",
        "",
        f"{machine()} {len(runs)} random specs (seeds from {arguments.first}), ten epochs of digits "
        "each. Thresholds were chosen on other seeds.",
        "",
        f"    python benchmarks/learnability.py --specs {arguments.specs} --first {arguments.first} "
        "--table benchmarks/learnability.md",
        "",
        *table(runs, linear_accuracy("digits", range(5))),
    ]
    print("\n".join(lines))
    if arguments.table:
        arguments.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
