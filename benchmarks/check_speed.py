"""Time `bnnc check`: a spec against check-jsonschema, scripts against their specs, and many specs.

    python benchmarks/check_speed.py [SPEC] [--runs 21] [--specs 500] [--scripts SCRIPT ...]

Prints the median of each and the median of the ratios of neighbouring runs: of a spec and
check-jsonschema, and of Keras scripts and the specs that they are imported as. Then the wall and CPU
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

CORPUS = Path(__file__).parents[1] / "tests" / "scripts" / "corpus"
SCRIPTS = [
    CORPUS / f"{name}.py"
    for name in ("article-1-one-hot-categorical", "right-resnet", "right-tape-with-kl")
]
BIN = Path(sys.executable).parent
BNNC = [sys.executable, "-c", "from bnnc.cli import main; main()"]


def seconds(command: list[str], *, is_accepted: bool = True) -> float:
    """Wall time of one run, which may end with findings unless it is to be accepted."""
    began = time.perf_counter()
    subprocess.run(command, check=is_accepted, capture_output=True)
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


def print_script(script: Path, runs: int) -> None:
    """Time the check of a script against that of the spec that it is imported as, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "spec.yaml"
        subprocess.run(
            [*BNNC, "import", str(script), "-o", str(spec)], check=True, stdout=subprocess.DEVNULL
        )
        of_script, of_spec = [*BNNC, "check", str(script)], [*BNNC, "check", str(spec)]
        for command in (of_script, of_spec):  # the first run of each fills the caches
            seconds(command, is_accepted=False)
        pairs = [
            (seconds(of_script, is_accepted=False), seconds(of_spec, is_accepted=False))
            for _ in range(runs)
        ]
    ratios = [one / other for one, other in pairs]
    own, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"{script.stem:34} {own:.3f} s, its spec {other:.3f} s, ratio median "
        f"{statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}, {runs} pairs"
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
    parser.add_argument("--runs", type=int, default=21, help="pairs of runs; 0 leaves them out")
    parser.add_argument(
        "--specs", type=int, default=500, help="specs in the folder; 0 leaves it out"
    )
    parser.add_argument("--scripts", type=Path, nargs="*", default=SCRIPTS, help="timed with specs")
    arguments = parser.parse_args()
    if arguments.runs:
        print_one_spec(arguments.spec, arguments.runs)
        for script in arguments.scripts:
            print_script(script, arguments.runs)
    if arguments.specs:
        print_folder(arguments.specs)


if __name__ == "__main__":
    main()
