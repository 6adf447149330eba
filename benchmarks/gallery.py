"""Train every spec of the gallery as it says, and print a table of what each reaches.

    python benchmarks/gallery.py [NAME...] [--table FILE]

Takes about half an hour on two cores. CIFAR-10 would take days there, and has to be downloaded: its
networks are trained on smaller images, as `STAND_INS` says. With `--table`, each row is written to a
Markdown file as soon as it is there, in place of the spec's row of before; rows of other specs are
kept, with their dates.
"""

import argparse
import datetime
import json
import os
import platform
import time
from importlib import metadata, resources
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bnnc

METRICS = ("accuracy", "nll", "brier", "ece", "entropy", "mutual_information", "rmse", "crps")
COLUMNS = (
    *("spec", "data", "epochs", "parameters", "seconds"),
    *("accuracy", "NLL", "Brier", "ECE", "entropy", "mutual information", "RMSE", "CRPS"),
    "date",
)

DIGITS = {"input.shape": [8, 8, 1], "input.value_range": [0, 16], "data.source": "digits"}
FASHION = {
    "input.shape": [28, 28, 1],
    "input.mean": 0.2860,
    "input.std": 0.3530,
    "data.source": "fashion-mnist",
}
RATE = "training.optimizer.learning_rate"
# What is said otherwise of the specs of CIFAR-10, so that a CPU trains them in minutes.
STAND_INS: dict[str, dict[str, Any]] = {
    "cifar10-resnet20": {
        **FASHION,
        "layers.random_crop": {"height": 28, "width": 28},
        "training.epochs": 6,
        f"{RATE}.boundaries": [3, 5],
    },
    "cifar10-wide-resnet-28-10": {
        **DIGITS,
        "input.mean": None,
        "input.std": None,
        "layers.zero_padding2d.padding": 1,
        "layers.random_crop": {"height": 8, "width": 8},
        "layers.random_flip": None,
        "training.epochs": 8,
        f"{RATE}.boundaries": [3, 5, 7],
    },
    "cifar10-transfer": {
        **DIGITS,
        "layers.random_flip": None,
        "layers.up_sampling2d.size": 4,
        "layers.backbone.application": "MobileNet",
        "layers.backbone.weights": "none",
        "layers.backbone.trainable": True,
        "training.batch_size": 16,
        "training.epochs": 16,
    },
}


def gallery() -> dict[str, Path]:
    """The specs of the gallery by name."""
    folder = resources.files("bnnc.specs").joinpath("gallery")
    paths = sorted(Path(str(entry)) for entry in folder.iterdir())
    return {path.stem: path for path in paths if path.suffix == ".yaml"}


def row(path: Path) -> str:
    """Train one spec, and return its row."""
    program = bnnc.compile(path, set=STAND_INS.get(path.stem))
    began = time.perf_counter()
    program.fit(verbose=0)
    seconds = time.perf_counter() - began
    metrics = program.evaluate()
    plan = program.manifest["plan"]
    cells = [
        path.stem,
        program.manifest["trained"]["data"],
        str(max(model.epochs_done for model in program.models)),
        f"{plan['totals']['parameters_of_all_members']:,}",
        f"{seconds:,.0f}",
        # Not every metric is one of every output distribution.
        *(f"{metrics[name]:.4f}" if name in metrics else "" for name in METRICS),
        datetime.date.today().isoformat(),
    ]
    return "| " + " | ".join(cells) + " |"


def header() -> str:
    """What the table says of itself, and its head."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("keras", "tensorflow"))
    return (
        "# What the gallery reaches\n\n"
        f"{os.cpu_count()} CPU cores, Python {platform.python_version()}, {versions}. Test images, "
        "with the weight draws that each spec says. Seconds are those of the training, with its "
        "validation.\n\n"
        "    python benchmarks/gallery.py --table benchmarks/gallery.md\n\n"
        f"{stand_ins()}\n\n"
        f"| {' | '.join(COLUMNS)} |\n|---|---|{'---:|' * (len(COLUMNS) - 2)}\n"
    )


def stand_ins() -> str:
    """What the rows of CIFAR-10's networks are of."""
    said = (
        f"`{name}` with {', '.join(f'`{path}={_said(value)}`' for path, value in values.items())}"
        for name, values in STAND_INS.items()
    )
    return "The networks of CIFAR-10 are trained on smaller images: " + "; ".join(said) + "."


def _said(value: Any) -> str:
    return json.dumps(value).replace('"', "")


def rows_of(table: Path) -> dict[str, str]:
    """The rows of a table by spec."""
    if not table.exists():
        return {}
    lines = table.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ")][1:]
    return {line.split("|")[1].strip(): line for line in rows}


def main() -> None:
    """Train and print."""
    specs = gallery()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "names",
        nargs="*",
        help=f"specs to train; all by default: {', '.join(specs)}",
    )
    parser.add_argument("--table", type=Path, help="Markdown file; rows in it are kept")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(specs):
        parser.error(f"no such specs in the gallery: {', '.join(sorted(unknown))}")
    rows = rows_of(arguments.table) if arguments.table else {}
    rows = {name: line for name, line in rows.items() if name in specs}
    print(header(), end="", flush=True)
    for name in arguments.names or specs:
        rows[name] = row(specs[name])
        print(rows[name], flush=True)
        if arguments.table:
            lines = "".join(f"{rows[name]}\n" for name in sorted(rows))
            arguments.table.write_text(header() + lines, encoding="utf-8")


if __name__ == "__main__":
    main()
