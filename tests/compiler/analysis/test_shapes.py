"""Shapes along the stack: messages that name the sizes."""

from __future__ import annotations

import pytest

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source

OUTPUT = (
    "output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}\n"
)
HEAD = ("{type: flatten}", "{type: dense, units: 10}")

# Image, layers, and the one finding with the numbers that it must say.
CASES: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = [
    ("BNN201", "[8, 8, 1]", ("{type: conv2d, filters: 2, kernel_size: [9, 3]}", *HEAD), ("9×3", "8×8", "[8, 8, 1]")),
    ("BNN201", "[8, 8, 1]", ("{type: conv2d, filters: 2, kernel_size: 5, dilation_rate: 2}", *HEAD), ("9×9", "8×8", "dilation")),
    ("BNN201", "[5, 4, 3]", ("{type: max_pooling2d, pool_size: 2}", "{type: max_pooling2d, pool_size: 3}", *HEAD), ("3×3", "2×2", "[2, 2, 3]")),
    ("BNN202", "[6, 5, 4]", ("{type: dense, units: 10}",), ("[6, 5, 4]", "120 features", "4 features")),
    ("BNN203", "[6, 5, 4]", ("{type: flatten}", "{type: global_average_pooling2d}", HEAD[1]), ("120 features",)),
    ("BNN204", "[2, 2, 1]", ("{type: flatten}", "{type: dense, units: 84}"), ("84", "10")),
    ("BNN204", "[2, 2, 1]", ("{type: flatten}",), ("4", "10")),
    ("BNN204", "[2, 2, 1]", ("{type: flatten}", "{type: dense, units: 1}"), ("1 number", "10")),
    ("BNN205", "[6, 5, 4]", ("{type: conv2d, filters: 10, kernel_size: 1}",), ("[6, 5, 10]",)),
    ("BNN231", "[8, 7, 4]", ("{type: residual, body: [{type: conv2d, filters: 6, kernel_size: 3, padding: same, strides: 2}]}", *HEAD), ("[4, 4, 6]", "[8, 7, 4]", "strides of 2")),
    ("BNN232", "[8, 7, 4]", ("{type: residual, shortcut: projection, body: [{type: conv2d, filters: 6, kernel_size: 3}]}", *HEAD), ("[6, 5, 6]", "8 positions to 6", "stride of 1 leaves 8", "stride of 2 leaves 4")),
    ("BNN233", "[8, 7, 4]", ("{type: residual, shortcut: projection, body: [{type: flatten}]}", HEAD[1]), ("[224]", "[8, 7, 4]")),
    ("BNN234", "[8, 7, 4]", ("{type: residual, shortcut: zero_padding, body: [{type: conv2d, filters: 3, kernel_size: 1}]}", *HEAD), ("4 channels to the 3", "[8, 7, 3]")),
    ("BNN235", "[8, 7, 4]", ("{type: parallel, branches: [[], [{type: max_pooling2d}]]}", *HEAD), ("[4, 3, 4] of branch 2", "[8, 7, 4]")),
    ("BNN236", "[8, 7, 4]", ("{type: parallel, merge: add, branches: [[], [{type: conv2d, filters: 3, kernel_size: 1}]]}", *HEAD), ("[8, 7, 3] of branch 2", "[8, 7, 4]")),
    ("BNN209", "[65536, 65536, 3]", HEAD, ("128,849,018,880", "[12884901888]", "2,147,483,647")),
    ("BNN210", "[6, 5, 4], mean: [0.5, 0.5]", HEAD, ("2 numbers", "4 channels")),
    ("BNN201", "[4, 3]", ("{type: conv1d, filters: 2, kernel_size: 3, dilation_rate: 2}", *HEAD), ("window of 5", "a series of 4", "[steps, channels]")),
    ("BNN201", "[4, 5, 6, 2]", ("{type: max_pooling3d, pool_size: [2, 6, 2]}", *HEAD), ("2×6×2", "a volume of 4×5×6")),
    ("BNN203", "[6, 4]", ("{type: flatten}", "{type: conv1d, filters: 2, kernel_size: 3}", HEAD[1]), ("a series", "24 features", "no steps")),
    ("BNN205", "[6, 5, 4, 3]", ("{type: conv3d, filters: 10, kernel_size: 1}",), ("[6, 5, 4, 10]", "global_average_pooling3d")),
    ("BNN214", "[6, 5]", ("{type: conv2d, filters: 2, kernel_size: 3}", *HEAD), ("a map", "a series", "[6, 5]", "[6, 5, 1]", "conv1d")),
    ("BNN214", "[9, 6, 5, 3]", ("{type: max_pooling2d}", *HEAD), ("a volume", "`shape: [6, 5, 3]`, without the batch", "max_pooling3d")),
    ("BNN214", "[6, 5, 3]", ("{type: spatial_dropout1d, rate: 0.1}", *HEAD), ("a series", "spatial_dropout2d")),
    ("BNN215", "[6, 5, 4]", ("{type: conv2d, filters: 6, kernel_size: 3, groups: 4}", *HEAD), ("6 filters", "4 groups", "`groups: 2`")),
    ("BNN215", "[6, 5, 4]", ("{type: group_normalization}", *HEAD), ("4 channels", "32", "`groups: 4`")),
    ("BNN216", "[6, 5, 4]", ("{type: reshape, target_shape: [7, -1]}", *HEAD), ("120 numbers", "[7, -1]", "a multiple of 7")),
    ("BNN216", "[6, 5, 4]", ("{type: reshape, target_shape: [0, 3]}", *HEAD), ("120 numbers", "a size of 0")),
    ("BNN216", "[6, 5, 4]", ("{type: reshape, target_shape: [-1, -1]}", *HEAD), ("-1 more than once",)),
    ("BNN217", "[6, 5, 4]", ("{type: layer_normalization, axis: 0}", *HEAD), ("[6, 5, 4]", "axis 3 is channels")),
    ("BNN217", "[6, 5, 4]", ("{type: layer_normalization, axis: [3, -1]}", *HEAD), ("[6, 5, 4]",)),
    ("BNN220", "[6, 5, 4]", ("{type: conv2d, filters: 2, kernel_size: 3, kernel_constraint: {type: unit_norm, axis: 4}}", *HEAD), ("from 0 to 3", "[0, 1, 2]")),
    ("BNN221", "[28, 28]", HEAD, ("28 steps of 28 channels", "[28, 28, 1]")),
    ("BNN226", "[70, 75, 3]", ("{type: backbone, application: Xception, pooling: avg}", HEAD[1]), ("70×75", "71×71", "140×150", "[70, 75, 3]")),
    ("BNN227", "[70, 75, 1]", ("{type: backbone, application: VGG16, pooling: avg}", HEAD[1]), ("1 channel", "three")),
    ("BNN227", "[70, 75, 4]", ("{type: backbone, application: VGG16, weights: a.h5, pooling: avg}", HEAD[1]), ("4 channels", "three")),
    ("BNN239", "[1, 1, 12]", ("{type: group_normalization, groups: 12}", *HEAD), ("[1, 1, 12]", "`groups: 3`, with 4 numbers in each group")),
    ("BNN239", "[1, 32, 3]", ("{type: flatten}", "{type: group_normalization, groups: 96}", HEAD[1]), ("[96]", "`groups: 24`")),
    ("BNN239", "[1, 1, 32]", ("{type: group_normalization, center: false}", *HEAD), ("outputs 0", "`groups` is 32 by default", "`groups: 8`")),
    ("BNN239", "[1, 1, 7]", ("{type: group_normalization, groups: 7}", *HEAD), ("`groups: 1`, with 7 numbers in each group",)),
    ("BNN239", "[5, 4, 1]", ("{type: layer_normalization}", *HEAD), ("[5, 4, 1]", "`axis` is -1 by default", "`axis: [1, 2, 3]`")),
    ("BNN239", "[1, 1, 6]", ("{type: layer_normalization, axis: [1, 2]}", *HEAD), ("outputs only its offset", "`axis: -1`, the channels")),
    ("BNN239", "[1, 1, 1]", ("{type: group_normalization, groups: 1}", *HEAD), ("[1, 1, 1]", "delete the layer")),
    ("BNN250", "[1, 4, 2]", ("{type: conv2d_transpose, filters: 2, kernel_size: 2, padding: same, output_padding: 0}", *HEAD), ("[1, 4, 2]",)),
    ("BNN251", "[6, 5, 4]", ("{type: random_crop, height: 7, width: 3}", *HEAD), ("7×3", "6×5", "the image's height of 6", "[6, 5, 4]", "`height: 6, width: 5`")),
    ("BNN251", "[6, 5, 4]", ("{type: max_pooling2d}", "{type: random_crop, height: 3, width: 3}", *HEAD), ("3×3", "3×2", "the image's width of 2", "[3, 2, 4]")),
    ("BNN252", "[6, 5, 4]", ("{type: random_crop, height: 6, width: 5}", *HEAD), ("[6, 5, 4]",)),
    ("BNN210", "[6, 5, 1], std: [0.5, 0.5]", HEAD, ("2 numbers", "1 channel")),
]  # fmt: skip


def findings(image: str, layers: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    stack = "".join(f"  - {layer}\n" for layer in layers)
    text = f"bnnc: 1\nname: shapes\ninput: {{shape: {image}}}\nlayers:\n{stack}{OUTPUT}"
    return check(Source("shapes.yaml", text)).diagnostics


@pytest.mark.parametrize(
    ("code", "image", "layers", "numbers"), CASES, ids=lambda one: str(one)[:40]
)
def test_a_finding_on_shapes_names_the_sizes(
    code: str, image: str, layers: tuple[str, ...], numbers: tuple[str, ...]
) -> None:
    found = [one for one in findings(image, layers) if one.code == code]
    said = " ".join(
        " ".join(
            [one.message, one.label, *one.notes, *one.help, *(two.text for two in one.related)]
        )
        for one in found
    )
    assert found
    assert all(number in said for number in numbers), said


@pytest.mark.parametrize(
    ("image", "layer"),
    [
        ("[1, 1, 12]", "{type: group_normalization, groups: 6}"),
        ("[2, 1, 12]", "{type: group_normalization, groups: 12}"),
        ("[5, 4, 2]", "{type: layer_normalization}"),
        ("[1, 2, 6]", "{type: layer_normalization, axis: [1, 2]}"),
    ],
)
def test_a_normalization_of_two_numbers_has_something_to_tell_apart(image: str, layer: str) -> None:
    assert findings(image, (layer, *HEAD)) == ()


def test_every_rule_whose_sizes_follow_from_the_stack_has_a_case() -> None:
    of_the_stack = {code for code, rule in rules().items() if "input.shape" in rule.needs}
    # These look at weights, at named data and at softmax, those of methods and of learning at more
    # than sizes; they have none to name.
    of_the_stack -= {"BNN212", "BNN213", "BNN266", "BNN295", "BNN296", "BNN322", "BNN323"}
    of_the_stack -= {code for code in of_the_stack if code.startswith(("BNN4", "BNN5"))}
    assert of_the_stack == {code for code, *_ in CASES}


def test_a_break_in_the_shapes_is_one_finding_and_not_one_for_each_layer_behind_it() -> None:
    layers = ("{type: dense, units: 84}", *("{type: max_pooling2d}",) * 9, *HEAD)
    assert [one.code for one in findings("[28, 28, 1]", layers)] == ["BNN202"]
