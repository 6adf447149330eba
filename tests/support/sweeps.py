"""A spec that trains in a second, and searches over it."""

from __future__ import annotations

from pathlib import Path

SPEC = """\
bnnc: 1
name: tiny
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: conv2d, filters: 2, kernel_size: 3, strides: 2, activation: relu}
  - {type: flatten}
  - {type: dense, units: 10, name: head}
bayesian: {method: flipout}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
training: {batch_size: 256, epochs: 2, optimizer: {type: adam, learning_rate: 0.02}}
prediction: {samples: 2}
data: {source: digits, validation_split: 0.2}
"""

SEARCH = """\
sampler: {type: random}
pruner: none
space:
  training.optimizer.learning_rate: {low: 1e-3, high: 1e-1, log: true}
  layers.0.filters: {low: 2, high: 4}
"""


def write(folder: Path, *, search: str = SEARCH, spec: str = SPEC) -> None:
    """Write `spec.yaml` and `search.yaml` into a folder."""
    (folder / "spec.yaml").write_text(spec)
    (folder / "search.yaml").write_text(search)
