"""Train every spec of the gallery as it says, and print a table of what each reaches.

    python benchmarks/gallery.py [NAME...] [--table FILE]

Takes about an hour on two cores. With `--table`, the rows are also written to a Markdown file,
after each spec, so that an interrupted run keeps what it has.
"""

import argparse
import datetime
import os
import platform
from importlib import metadata, resources
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bnnc

COLUMNS = ("accuracy", "nll", "brier", "ece", "entropy", "mutual_information", "rmse", "crps")


def gallery() -> list[Path]:
    """The specs of the gallery."""
    folder = resources.files("bnnc.specs").joinpath("gallery")
    return sorted(Path(str(entry)) for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def row(path: Path) -> str:
    """Train one spec, and return its row."""
    program = bnnc.compile(path)
    program.fit()
    metrics = program.evaluate()
    plan = program.manifest["plan"]
    cells = [
        path.stem,
        program.manifest["trained"]["data"],
        str(program.model.epochs_done),
        f"{plan['totals']['parameters']:,}",
        # Not every metric is one of every output distribution.
        *(f"{metrics[column]:.4f}" if column in metrics else "" for column in COLUMNS),
    ]
    return "| " + " | ".join(cells) + " |"


def header() -> list[str]:
    """What the table says of itself, and its head."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("keras", "tensorflow"))
    names = [
        "spec", "data", "epochs", "parameters",
        "accuracy", "NLL", "Brier", "ECE", "entropy", "mutual information",
        "RMSE", "CRPS",
    ]  # fmt: skip
    return [
        "# What the gallery reaches",
        "",
        f"{datetime.date.today().isoformat()}, {os.cpu_count()} CPU cores, Python "
        f"{platform.python_version()}, {versions}. Test images, with the weight draws that each "
        "spec says.",
        "",
        "    python benchmarks/gallery.py --table benchmarks/gallery.md",
        "",
        "| " + " | ".join(names) + " |",
        "|---|---|" + "---:|" * (len(names) - 2),
    ]


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="specs to train; all by default")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    lines = header()
    print("\n".join(lines), flush=True)
    for path in gallery():
        if arguments.names and path.stem not in arguments.names:
            continue
        lines.append(row(path))
        print(lines[-1], flush=True)
        if arguments.table:
            arguments.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
