"""A wrong word of a field that has dozens of them is told the nearest first."""

from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source

TEXT = """bnnc: 1
name: example
input: {shape: [32, 32, 3]}
layers:
  - {type: backbone, application: ResNet5, weights: none, pooling: avg}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
"""


def test_the_nearest_stand_before_the_whole_list() -> None:
    [found] = check(Source("spec.yaml", TEXT)).diagnostics
    assert found.code == "BNN104"
    assert found.help[0].startswith("the most similar names are `ResNet50`, ")
    assert "`Xception`" in found.help[0]
