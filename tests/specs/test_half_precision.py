"""Which layers stay in float32 under a mixed precision, and where."""

import pytest

from bnnc.specs.layers import LAYER_TYPES, type_name
from tests.generated import section

CHANNELWISE = [
    type_name(one) for one in LAYER_TYPES if "depthwise_initializer" in one.kernel_initializers
]


@pytest.mark.parametrize("name", CHANNELWISE)
def test_a_channelwise_convolution_whose_stride_leaves_the_map_is_not_run_in_bfloat16(
    name: str,
) -> None:
    dimensions = int(name[-2])
    written = {"type": name, "kernel_size": 3, "strides": 3, "padding": "same"}
    layer = section({**written, **({"filters": 2} if "separable" in name else {})})
    smaller, as_large = (2,) * dimensions + (4,), (3,) * dimensions + (4,)
    assert not layer.runs_in("mixed_bfloat16", smaller)
    assert layer.runs_in("mixed_bfloat16", as_large)
    assert layer.runs_in("mixed_float16", smaller)


def test_there_are_channelwise_convolutions_of_series_and_of_images() -> None:
    assert {name[-2] for name in CHANNELWISE} == {"1", "2"}
