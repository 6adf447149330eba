"""Time how soon `bnnc lsp` shows the findings after a keystroke, against a cold `bnnc check`.

    python -m benchmarks.editor_speed [--lines 500] [--runs 20]

Both read the same text, a spec of so many lines, one after the other: a process that starts cold
and prints its findings, and a change of the text in a running server until its findings are there,
with the moment that the server waits for the next key. Every change gives a text that was not
checked before: in turn a correct one, and one with a mistyped word. Prints the median of each, and
the median of the ratios of neighbouring runs.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lsp.client import Client, uri

BNNC = [sys.executable, "-c", "from bnnc.cli import main; main()"]


def spec(lines: int) -> str:
    """A spec of about so many lines, of convolutions one after the other."""
    text = ["bnnc: 1", "name: long", "input: {shape: [32, 32, 3]}", "layers:"]
    number = 0
    while len(text) < lines - 14:
        text += [
            "  - type: conv2d",
            f"    name: conv{number}",
            "    filters: 8",
            "    kernel_size: 3",
            "    padding: same",
            "    activation: relu",
        ]
        number += 1
    text += ["  - type: flatten", "  - {type: dense, units: 10}", "bayesian: {method: flipout}"]
    text += ["output:", "  distribution: categorical", "  parameterization: logits"]
    text += ["  classes: 10", "  labels: integer", "training:", "  epochs: 3", "  batch_size: 32"]
    return "\n".join([*text, "data: {source: cifar10}"]) + "\n"


def changed(text: str, number: int) -> str:
    """Another correct text for an even number; for an odd one, one with a mistyped word."""
    if number % 2 == 0:
        return text.replace("epochs: 3", f"epochs: {number // 2 + 4}")
    words = ("kernel_size: 3", "padding: same", "activation: relu", "filters: 8")
    word = words[number // 2 % len(words)]
    places = text.split(word)
    at = 1 + number // 2 % (len(places) - 2)
    return word.join(places[:at]) + word.replace("e", "", 1) + word.join(places[at:])


def show(title: str, pairs: list[tuple[float, float]]) -> None:
    """Print the medians of runs, and those of their ratios."""
    ratios = [hot / cold for cold, hot in pairs]
    cold, hot = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"{title:18} cold check {cold:.3f} s, after a keystroke {hot:.3f} s, ratio median "
        f"{statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}"
    )


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--runs", type=int, default=20, help="pairs of runs")
    arguments = parser.parse_args()
    text = spec(arguments.lines)
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.yaml"
        path.write_text(text)
        client = Client()
        client.open(uri(path), text)
        for number in range(-2, arguments.runs):  # the first runs fill the caches
            new = changed(text, number + 2)
            path.write_text(new)
            began = time.perf_counter()
            ended = subprocess.run([*BNNC, "check", str(path)], check=False, capture_output=True)
            cold = time.perf_counter() - began
            began = time.perf_counter()
            found = client.change(uri(path), new)
            hot = time.perf_counter() - began
            if bool(found) != bool(number % 2) or ended.returncode != number % 2:
                raise SystemExit(f"expected findings in every second text, received {found}")
            if number >= 0:
                pairs.append((cold, hot))
        client.stop()
    print(f"a spec of {text.count(chr(10))} lines, {len(pairs)} pairs of runs")
    show("all", pairs)
    show("without findings", pairs[::2])
    show("with a finding", pairs[1::2])


if __name__ == "__main__":
    main()
