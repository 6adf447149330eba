"""Local reparameterization is noted where positions share a kernel, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check, check_bytes
from bnnc.compiler.text.source import Source

GALLERY = Path(__file__).parents[3] / "specs" / "gallery"
FLAT = ("{type: flatten}", "{type: dense, units: 10, name: head}")


def found(
    *layers: str, bayesian: str = "{method: local_reparameterization}", shape: str = "[8, 6, 2]"
) -> list[Diagnostic]:
    stack = "".join(f"  - {layer}\n" for layer in layers)
    text = (
        f"bnnc: 1\nname: local\ninput: {{shape: {shape}}}\nlayers:\n{stack}"
        "output: {distribution: categorical, parameterization: logits, classes: 10, "
        f"labels: integer}}\nbayesian: {bayesian}\n"
    )
    report = check(Source("local.yaml", text))
    return [one for one in report.diagnostics if one.code == "BNN421"]


@pytest.mark.parametrize(
    ("layer", "positions"),
    [
        ("{type: conv2d, filters: 3, kernel_size: 3}", "24"),
        ("{type: conv2d, filters: 3, kernel_size: 1}", "48"),
        ("{type: conv2d, filters: 3, kernel_size: [8, 6], padding: same}", "48"),
        ("{type: conv2d, filters: 3, kernel_size: [8, 5]}", "2"),
        ("{type: depthwise_conv2d, kernel_size: 3, padding: same}", "48"),
    ],
)
def test_a_convolution_with_several_positions_is_noted(layer: str, positions: str) -> None:
    (one,) = found(layer, *FLAT)
    assert one.severity == "information"
    assert one.span.text == "method: local_reparameterization"
    assert [label.text for label in one.related] == [f"{positions} positions share one kernel"]


@pytest.mark.parametrize(
    "layers",
    [
        FLAT,
        ("{type: conv2d, filters: 3, kernel_size: [8, 6]}", *FLAT),
        ("{type: conv2d, filters: 3, kernel_size: 5, strides: 4}", *FLAT),
        ("{type: depthwise_conv2d, kernel_size: [8, 6]}", *FLAT),
        ("{type: max_pooling2d, pool_size: [8, 6]}", "{type: conv2d, filters: 3, kernel_size: 1}", *FLAT),
    ],
)  # fmt: skip
def test_where_an_image_meets_a_kernel_once_it_is_exact_and_not_noted(
    layers: tuple[str, ...],
) -> None:
    assert found(*layers) == []


CONV = "{type: conv2d, filters: 3, kernel_size: 3, name: first}"


@pytest.mark.parametrize(
    "bayesian",
    [
        "{method: flipout}",
        "{method: reparameterization}",
        "{method: none}",
        "{method: local_reparameterization, layers: last}",
        "{method: local_reparameterization, layers: [head]}",
    ],
)
def test_a_convolution_that_the_method_does_not_reach_is_not_noted(bayesian: str) -> None:
    assert found(CONV, *FLAT, bayesian=bayesian) == []


def test_many_convolutions_are_one_finding_with_a_few_labels() -> None:
    layers = ["{type: conv2d, filters: 2, kernel_size: 3, padding: same}"] * 9
    (one,) = found(*layers, *FLAT)
    assert len(one.related) == 3


def test_a_broken_layer_or_a_shape_that_does_not_fit_leaves_the_rule_silent_or_right() -> None:
    assert found("{type: conv2d, filters: 0, kernel_size: 3}", *FLAT) == []
    # The second convolution does not fit; what is known of the first still holds.
    assert len(found(CONV, "{type: conv2d, filters: 2, kernel_size: 9}", *FLAT)) == 1


def test_the_gallery_says_that_it_knows() -> None:
    for spec in sorted(GALLERY.glob("*.yaml")):
        data = spec.read_bytes()
        assert check_bytes(spec.name, data).diagnostics == ()
        without = data.replace(b"# bnnc: ignore[BNN421]", b"#")
        codes = [one.code for one in check_bytes(spec.name, without).diagnostics]
        assert codes == (["BNN421"] if "local-reparameterization" in spec.name else [])
