"""Train LeNet-5 on Fashion-MNIST under every method, from several seeds, and write what each reaches.

    python benchmarks/quality.py [NAME...] [--seeds N] [--table benchmarks/quality.md]

Accuracy, NLL and ECE are those of the 10,000 test images, and the AUROC is that of telling them from
the 10,000 test images of MNIST, which has to be in `$BNNC_DATA_HOME/mnist` or where Keras downloads
it. Figures of every seed are kept in `benchmarks/quality.json`, and a seed that is in it is not
trained again: delete its entry for that. Takes hours.
"""

import argparse
import datetime
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

import bnnc
from benchmarks.outcomes import machine
from bnnc.system.writing import write_text

GALLERY = ROOT / "specs" / "gallery"
FIGURES = Path(__file__).with_suffix(".json")
SEEDS = 3
OOD = "mnist"
SCORES = ("entropy", "mutual_information", "energy")
Record = dict[str, Any]

DETERMINISTIC = {"extends": "fashion-lenet5-deterministic.yaml"}
FLIPOUT = {"extends": "fashion-lenet5-flipout.yaml"}
PER_EXAMPLE = {"type": "negative_log_likelihood", "kl": {"weight": "per_example"}}
# Methods that the gallery has no LeNet-5 of are those of its twins, with the defaults of the method.
SPECS: dict[str, dict[str, Any]] = {
    "none": DETERMINISTIC,
    "spectral_normalization": {
        **DETERMINISTIC,
        "bayesian": {"method": "spectral_normalization"},
    },
    "laplace": {
        **DETERMINISTIC,
        "bayesian": {"method": "laplace", "layers": "last", "prior": {"scale": 0.1}},
        "prediction": {"samples": 32},
    },
    "sngp": {
        **DETERMINISTIC,
        "bayesian": {"method": "sngp"},
        "loss": PER_EXAMPLE,
        "prediction": {"samples": 32},
    },
    "mc_dropout": {"extends": "fashion-lenet5-mc-dropout.yaml"},
    "concrete_dropout": {
        "extends": "fashion-lenet5-mc-dropout.yaml",
        "bayesian": {"method": "concrete_dropout", "prior": {"scale": 0.1}},
        "loss": PER_EXAMPLE,
    },
    "batch_ensemble": {
        **DETERMINISTIC,
        "bayesian": {"method": "batch_ensemble", "members": 4},
        "prediction": {"samples": 4},
    },
    "rank_1": {
        **DETERMINISTIC,
        "bayesian": {"method": "rank_1", "members": 4},
        "loss": PER_EXAMPLE,
        "prediction": {"samples": 32},
    },
    "reparameterization": {"extends": "fashion-lenet5-reparameterization.yaml"},
    "local_reparameterization": {"extends": "fashion-lenet5-local-reparameterization.yaml"},
    "flipout": FLIPOUT,
    "variational": {"extends": "fashion-lenet5-variational.yaml"},
    "flipout, temperature 0.2": {**FLIPOUT, "loss": {"kl": {"temperature": 0.2}}},
    "ensemble: {members: 5}": {**DETERMINISTIC, "ensemble": {"members": 5}},
}


def measured(name: str, seed: int) -> Record:
    """The figures of one training."""
    base = SPECS[name]
    program = bnnc.compile({"bnnc": 1, **base}, folder=GALLERY, set={"training.seed": seed})
    began = time.perf_counter()
    program.fit(verbose=0)
    seconds = time.perf_counter() - began
    evaluation = program.evaluate(ood=[OOD], bootstrap=0)
    scores = evaluation.ood[OOD]["scores"]
    return {
        "name": name,
        "seed": seed,
        "date": datetime.date.today().isoformat(),
        "fingerprint": program.manifest["fingerprint"],
        "epochs": program.spec.training.epochs,
        "weights": sum(model.count_params() for model in program.models),
        "seconds": round(seconds, 1),
        **{figure: evaluation[figure] for figure in ("accuracy", "nll", "ece")},
        "auroc": {score: found["auroc"] for score, found in scores.items()},
    }


def known() -> list[Record]:
    """What was measured before."""
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []


def mean(values: Sequence[float], decimals: int = 4) -> str:
    """The mean over seeds, with its standard error."""
    if len(values) < 2:
        return "".join(f"{value:.{decimals}f}" for value in values)
    error = statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.{decimals}f} ± {error:.{decimals}f}"


def table(records: Sequence[Record]) -> str:
    """The figures of all specs, each the mean over its seeds."""
    scores = [score.replace("_", " ") for score in SCORES]
    lines = [
        "# How good the models are",
        "",
        "LeNet-5 on the 60,000 training images of Fashion-MNIST. Accuracy, NLL and ECE on its 10,000 "
        "test images; AUROC of telling them from the 10,000 test images of MNIST by a score. Means "
        "over the seeds, ± their standard errors. The specs are `SPECS` in `benchmarks/quality.py`, "
        f"most of them files of the gallery. {machine()}",
        "",
        "    python benchmarks/quality.py --table benchmarks/quality.md",
        "",
        f"| spec | epochs | weights | seeds | accuracy | NLL | ECE | {' | '.join(f'AUROC, {score}' for score in scores)} | date |",
        f"|---|{'---:|' * (6 + len(SCORES))}---|",
    ]
    for name in SPECS:
        found = [one for one in records if one["name"] == name]
        if found:
            cells = [
                f"`{name}`",
                str(found[0]["epochs"]),
                f"{found[0]['weights']:,}",
                str(len(found)),
                *(mean([one[figure] for one in found]) for figure in ("accuracy", "nll", "ece")),
                *(
                    mean([one["auroc"][score] for one in found if score in one["auroc"]])
                    for score in SCORES
                ),
                max(one["date"] for one in found),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train what is not known yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help=f"specs; all by default: {', '.join(SPECS)}")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="trainings of each spec")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(SPECS):
        parser.error(f"no such specs: {', '.join(sorted(unknown))}")
    for name in arguments.names or SPECS:
        for seed in range(arguments.seeds):
            if not any((one["name"], one["seed"]) == (name, seed) for one in known()):
                made = measured(name, seed)
                print(made, file=sys.stderr, flush=True)
                # Read again: another process may have measured another spec meanwhile.
                write_text(FIGURES, json.dumps([*known(), made], indent=1) + "\n")
    text = table(known())
    print(text)
    if arguments.table:
        arguments.table.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
