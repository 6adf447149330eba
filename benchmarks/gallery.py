"""Train every spec of the gallery as it says, and print a table of what each reaches.

    python benchmarks/gallery.py [NAME...] [--table FILE]

Takes about an hour on two cores, without the specs of CIFAR-10, which take days there: name them to
have their rows. With `--table`, each row is written to a Markdown file as soon as
it is there, in place of the spec's row of before; rows of other specs are kept, with their dates.
"""

import argparse
import datetime
import os
import platform
import time
from importlib import metadata, resources
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bnnc

METRICS = ("accuracy", "nll", "brier", "ece", "entropy", "mutual_information", "rmse", "crps")
COLUMNS = (
    *("spec", "data", "epochs", "parameters", "seconds"),
    *("accuracy", "NLL", "Brier", "ECE", "entropy", "mutual information", "RMSE", "CRPS"),
    "date",
)


def gallery() -> dict[str, Path]:
    """The specs of the gallery by name."""
    folder = resources.files("bnnc.specs").joinpath("gallery")
    paths = sorted(Path(str(entry)) for entry in folder.iterdir())
    return {path.stem: path for path in paths if path.suffix == ".yaml"}


def row(path: Path) -> str:
    """Train one spec, and return its row."""
    program = bnnc.compile(path)
    began = time.perf_counter()
    program.fit()
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
        f"| {' | '.join(COLUMNS)} |\n|---|---|{'---:|' * (len(COLUMNS) - 2)}\n"
    )


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
        help=f"specs to train; all but CIFAR-10's by default: {', '.join(specs)}",
    )
    parser.add_argument("--table", type=Path, help="Markdown file; rows in it are kept")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(specs):
        parser.error(f"no such specs in the gallery: {', '.join(sorted(unknown))}")
    rows = rows_of(arguments.table) if arguments.table else {}
    rows = {name: line for name, line in rows.items() if name in specs}
    print(header(), end="", flush=True)
    for name in arguments.names or [one for one in specs if not one.startswith("cifar10")]:
        rows[name] = row(specs[name])
        print(rows[name], flush=True)
        if arguments.table:
            lines = "".join(f"{rows[name]}\n" for name in sorted(rows))
            arguments.table.write_text(header() + lines, encoding="utf-8")


if __name__ == "__main__":
    main()
