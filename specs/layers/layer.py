"""What every layer section says, and what it knows about itself."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from bnnc.specs.bayesian import LayerBayesian
from bnnc.specs.methods import METHODS
from bnnc.specs.section import LayerName, Section

# Sizes of one example, without the batch: [height, width, channels] or [features].
Shape = tuple[int, ...]
Problem = Literal["needs-a-map", "needs-a-row", "window-larger-than-input"]

ActivationName = Literal[
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "softplus",
    "softsign",
    "softmax",
    "exponential",
]

ACTIVATION: Any = Field(
    default="linear", description="Keras activation applied to the output; `linear` is none."
)
USE_BIAS: Any = Field(
    default=True, description="Whether a bias is added; biases are deterministic."
)


class ShapeError(Exception):
    """A layer cannot take the shape that the layers before it give."""

    def __init__(self, problem: Problem, *, field: str = "type", window: Shape = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.field = field
        self.window = window


class LayerSection(Section):
    """A layer: what a spec says of it, its Keras class, and its arithmetic.

    Subclasses say their `type`, and override what differs from a layer that has no weights and
    keeps its shape.
    """

    type: str
    name: LayerName | None = Field(
        default=None,
        description="Name of the layer in the Keras model; the type and a number by default.",
    )

    keras_class: ClassVar[str]
    # The class that carries a posterior on the kernel; None for layers without a kernel.
    variational_class: ClassVar[str | None] = None

    kernel_initializer_argument: ClassVar[str] = "kernel_initializer"
    # Whether it drops units in training, and at prediction where it is told to.
    drops: ClassVar[bool] = False

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one example after the layer. Raises: ShapeError."""
        return shape

    def weights(self, shape: Shape) -> dict[str, Shape]:
        """Shape of every weight by name, for an input shape; `kernel` may carry a posterior."""
        return {}

    def non_trainable(self) -> frozenset[str]:
        """Names of the weights that no gradient changes."""
        return frozenset()

    def carries(self, method: str) -> bool:
        """Whether a Bayesian method can apply to the layer."""
        return METHODS[method].carried_by(self)

    @property
    def own_bayesian(self) -> LayerBayesian | None:
        """What the layer says in place of the `bayesian` section, if it can and does."""
        return None

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of the kernel for one example, for an input shape."""
        return 0

    def arguments(self) -> dict[str, object]:
        """Arguments of the Keras class: the fields of the section that are not Keras's defaults."""
        return {}

    def canonical(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The dumped fields of this layer, with defaults that depend on other fields filled in."""
        return fields

    @property
    def final_activation(self) -> str | None:
        """Activation that the layer ends with; None where it passes its input's on."""
        return None


class BayesianLayer(LayerSection):
    """A layer that some Bayesian method can apply to."""

    bayesian: LayerBayesian | None = Field(
        default=None,
        description="What holds for this layer in place of the `bayesian` section, field by field.",
    )

    @property
    def own_bayesian(self) -> LayerBayesian | None:
        """What the layer says."""
        return self.bayesian


def require_map(shape: Shape) -> tuple[int, int, int]:
    """Height, width and channels. Raises: ShapeError for anything but a map."""
    if len(shape) != 3:
        raise ShapeError("needs-a-map")
    return shape[0], shape[1], shape[2]


def with_bias(weights: dict[str, Shape], use_bias: bool, size: int) -> dict[str, Shape]:
    """The weights, with a bias of the given size where there is one."""
    return {**weights, "bias": (size,)} if use_bias else weights
