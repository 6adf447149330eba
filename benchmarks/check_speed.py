"""Time `bnnc check` against check-jsonschema on the same spec, in turn, as whole processes.

    python benchmarks/check_speed.py [SPEC] [--runs 21]

Prints the median of each and the median of the ratios of neighbouring runs. Both start cold, as a
hook before a commit starts them.
"""

import argparse
import statistics
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

BIN = Path(sys.executable).parent


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Time and print."""
    specs = resources.files("bnnc.specs")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = str(specs.joinpath("gallery/fashion-lenet5-flipout.yaml"))
    parser.add_argument("spec", nargs="?", default=default)
    parser.add_argument("--runs", type=int, default=21)
    arguments = parser.parse_args()
    ours = [str(BIN / "bnnc"), "check", arguments.spec]
    schema = str(specs.joinpath("bnnc.schema.json"))
    theirs = [str(BIN / "check-jsonschema"), "--schemafile", schema, arguments.spec]
    for command in (ours, theirs):  # the first run of each fills the caches
        seconds(command)
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(arguments.runs)]
    ratios = [one / other for one, other in pairs]
    print(f"bnnc check        median {statistics.median(one for one, _ in pairs):.3f} s")
    print(f"check-jsonschema  median {statistics.median(other for _, other in pairs):.3f} s")
    print(
        f"ratio             median {statistics.median(ratios):.2f}, "
        f"from {min(ratios):.2f} to {max(ratios):.2f}, {arguments.runs} pairs"
    )


if __name__ == "__main__":
    main()
