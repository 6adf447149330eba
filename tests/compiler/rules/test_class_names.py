"""`data.classes`: what it is called elsewhere, and what it must agree with."""

import pytest

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source

ORDERED = "{distribution: ordered_logistic, parameterization: loc, classes: 3, labels: integer}"
BERNOULLI = "{distribution: bernoulli, parameterization: logits, labels: binary}"
MULTI_HOT = (
    "{distribution: independent_bernoulli, parameterization: logits, classes: 3, labels: multi_hot}"
)


def findings(data: str, output: str = ORDERED, units: int = 1) -> dict[str, str]:
    """The text of each finding by its code; the data is nowhere, which is another matter."""
    text = f"""bnnc: 1
name: example
input: {{shape: [8, 8, 1]}}
layers:
  - {{type: flatten}}
  - {{type: dense, units: {units}}}
output: {output}
data: {{source: ./grades, {data}}}
"""
    report = check(Source("example.yaml", text))
    return {one.code: render((one,)) for one in report.diagnostics if one.code != "BNN260"}


@pytest.mark.parametrize(
    ("data", "output", "units"),
    [
        ("classes: [none, mild, severe]", ORDERED, 1),
        ("classes: ['1', '2', '10']", ORDERED, 1),
        ("classes: ['10', '2', '-1']", ORDERED, 1),  # falling is an order too
        ("classes: ['10', '9', severe]", ORDERED, 1),
        ("classes: [ill, well]", BERNOULLI, 1),
        ("classes: [cat, dog, bird]", MULTI_HOT, 3),
    ],
)
def test_class_names_that_agree_are_accepted(data: str, output: str, units: int) -> None:
    assert findings(data, output, units) == {}


@pytest.mark.parametrize(
    ("data", "output", "code", "words"),
    [
        ("classes: [a, b]", ORDERED, "BNN361", "2 class names for 3 classes"),
        ("classes: [a, b, c]", BERNOULLI, "BNN361", "3 class names for 2 classes"),
        ("classes: [a, b, a]", ORDERED, "BNN360", "two classes have the name `a`"),
        ("classes: ['0', '10', '2']", ORDERED, "BNN363", "sort them by value: 0, 2, 10"),
        ("classes: [0, 1, 2]", ORDERED, "BNN105", 'write `"2"`, in quotes, to make it text'),
        ("class_names: [a, b, c]", ORDERED, "BNN102", "did you mean `classes`?"),
        ("num_classes: 3", ORDERED, "BNN102", "`output.classes` already has this value"),
    ],
)
def test_class_names_that_contradict_are_found(
    data: str, output: str, code: str, words: str
) -> None:
    found = findings(data, output)
    assert list(found) == [code]
    assert words in " ".join(found[code].split())


def test_names_in_the_place_of_a_number_are_kept() -> None:
    found = findings("validation_split: 0.1", ORDERED.replace("3", "[none, mild, severe]"))
    text = " ".join(found["BNN105"].split())
    assert "write `classes: 3` here, and the names in `data`" in text
    assert "`classes: [none, mild, severe]`" in text
