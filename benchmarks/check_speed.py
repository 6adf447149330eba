"""Time `bnnc check`: one spec against check-jsonschema, in turn, and a folder of many specs.

    python benchmarks/check_speed.py [SPEC] [--runs 21] [--specs 500]

Prints the median of each and the median of the ratios of neighbouring runs; then the wall and CPU
time of one check of a folder. All are whole processes that start cold, as a hook before a commit
starts them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

BIN = Path(sys.executable).parent
BNNC = [sys.executable, "-c", "from bnnc.cli import main; main()"]


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def print_one_spec(spec: str, runs: int) -> None:
    """Time one spec against check-jsonschema."""
    ours = [*BNNC, "check", spec]
    schema = str(resources.files("bnnc.specs").joinpath("bnnc.schema.json"))
    theirs = [str(BIN / "check-jsonschema"), "--schemafile", schema, spec]
    for command in (ours, theirs):  # the first run of each fills the caches
        seconds(command)
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    ratios = [one / other for one, other in pairs]
    print(f"bnnc check        median {statistics.median(one for one, _ in pairs):.3f} s")
    print(f"check-jsonschema  median {statistics.median(other for _, other in pairs):.3f} s")
    print(
        f"ratio             median {statistics.median(ratios):.2f}, "
        f"from {min(ratios):.2f} to {max(ratios):.2f}, {runs} pairs"
    )


def write_specs(folder: Path, count: int) -> None:
    """Write the specs of the gallery again and again, no two the same, every second one wrong."""
    gallery = Path(str(resources.files("bnnc.specs").joinpath("gallery")))
    texts = [path.read_text(encoding="utf-8") for path in sorted(gallery.glob("*.yaml"))]
    for index in range(count):
        text = texts[index % len(texts)].replace("name: ", f"name: n{index}-", 1)
        broken = text.replace("parameterization: logits", "parameterization: logit")
        (folder / f"{index:05}.yaml").write_text(broken if index % 2 else text, encoding="utf-8")


def print_folder(count: int) -> None:
    """Time a check of a folder: the findings go to a file, as a CI's do."""
    with tempfile.TemporaryDirectory() as folder:
        write_specs(Path(folder), count)
        with tempfile.TemporaryFile() as output:
            before, began = os.times(), time.perf_counter()
            ended = subprocess.run([*BNNC, "check", folder], stdout=output, check=False)
            wall, after = time.perf_counter() - began, os.times()
    if ended.returncode != 1:
        raise SystemExit(f"expected findings in every second spec, received {ended.returncode}")
    cpu = sum(after[2:4]) - sum(before[2:4])
    print(f"{count} specs{' ' * (9 - len(str(count)))}  {wall:.2f} s, {cpu:.2f} s of CPU time")


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = str(resources.files("bnnc.specs").joinpath("gallery/fashion-lenet5-flipout.yaml"))
    parser.add_argument("spec", nargs="?", default=default)
    parser.add_argument("--runs", type=int, default=21, help="pairs of runs; 0 leaves the peer out")
    parser.add_argument("--specs", type=int, default=500, help="specs in the folder")
    arguments = parser.parse_args()
    if arguments.runs:
        print_one_spec(arguments.spec, arguments.runs)
    print_folder(arguments.specs)


if __name__ == "__main__":
    main()
