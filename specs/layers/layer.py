"""Base classes of the layer sections."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from bnnc.specs.bayesian import LayerBayesian
from bnnc.specs.methods import METHODS
from bnnc.specs.section import LayerName, Section
from bnnc.specs.shapes import Shape

Problem = Literal[
    "needs-dimensions",
    "needs-a-row",
    "window-larger-than-input",
    "crop-larger-than-input",
    "groups-do-not-divide",
    "sizes-do-not-multiply",
    "no-position-is-left",
    "image-too-small",
    "axis-out-of-range",
    "residual-of-another-shape",
    "no-stride-of-a-shortcut",
    "shortcut-of-another-kind",
    "fewer-channels-than-the-input",
    "branches-do-not-add",
    "branches-do-not-concatenate",
]

ACTIVATION: Any = Field(
    default="linear", description="Keras activation applied to the output; `linear` is none."
)
USE_BIAS: Any = Field(
    default=True,
    description="Whether a bias is added; it is deterministic unless `bayesian.bias` says otherwise.",
)


class ShapeError(Exception):
    """A layer cannot take the shape that the layers before it give.

    Args:
        problem: what is wrong.
        field: the field of the layer that says it.
        window: size of a window that does not fit.
        dimensions: those that the layer needs, where it needs another number of them.
        wanted: the shape that the input, or the first of several, would have to have.
        branch: which of several inputs has it.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        field: str = "type",
        window: Shape = (),
        dimensions: int = 0,
        wanted: Shape = (),
        branch: int = 0,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.field = field
        self.window = window
        self.dimensions = dimensions
        self.wanted = wanted
        self.branch = branch


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

    # Arguments of the Keras class that draw its kernels; none of a layer without a kernel.
    kernel_initializers: ClassVar[tuple[str, ...]] = ()
    # Whether the layer, apart from its activation, is a linear map.
    is_linear: ClassVar[bool] = False
    # The mixed precisions that it can be run in; under another one it stays in float32.
    half_precisions: ClassVar[frozenset[str]] = frozenset({"mixed_bfloat16", "mixed_float16"})
    # Whether it drops units in training, and at prediction where it is told to.
    drops: ClassVar[bool] = False
    # Fields that came into the language after the first version; see `Spec.canonical`.
    later_fields: ClassVar[frozenset[str]] = frozenset()

    def runs_in(self, precision: str, shape: Shape) -> bool:
        """Whether it can be run in a mixed precision, for an input shape."""
        # TensorFlow has no sparsemax in float16 on a CPU.
        is_sparse = getattr(self, "activation", None) == "sparsemax"
        return precision in self.half_precisions and not (
            is_sparse and precision == "mixed_float16"
        )

    @property
    def has_kernel(self) -> bool:
        """Whether it has weights that it multiplies its inputs with."""
        return bool(self.kernel_initializers)

    @property
    def has_bias(self) -> bool:
        """Whether it adds weights to what comes out."""
        return bool(getattr(self, "use_bias", False))

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one example after the layer. Raises: ShapeError."""
        return shape

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Shape of every weight by name, for an input shape; `kernel` may carry a posterior."""
        return {}

    def kernel_as_drawn(self, shape: Shape) -> Shape | None:
        """The kernel's weights as [*what an output sums over, outputs], for an input shape.

        So He's variance is 2 / prod(kernel[:-1]). The first of several kernels; None without one.
        """
        return self.weight_shapes(shape).get("kernel")

    def non_trainable(self) -> frozenset[str]:
        """Names of the weights that no gradient changes."""
        return frozenset()

    def carries(self, method: str) -> bool:
        """Whether a Bayesian method can apply to the layer."""
        return METHODS[method].carried_by(self)

    @property
    def own_bayesian(self) -> LayerBayesian | None:
        """The layer's own `bayesian` fields, if it has any."""
        return None

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of the kernel for one example, for an input shape."""
        return 0

    def inner_outputs(self, shape: Shape) -> int:
        """Numbers that a training step holds of layers inside of this one, for an input shape."""
        return 0

    def arguments(self) -> dict[str, object]:
        """Arguments of the Keras class: the fields of the section that are not Keras's defaults."""
        return {}

    def canonical(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The dumped fields of this layer, with defaults that depend on other fields filled in."""
        return {
            name: value
            for name, value in fields.items()
            if name not in self.later_fields
            or getattr(self, name) != type(self).model_fields[name].default
        }

    def non_default(self, *fields: str) -> dict[str, Any]:
        """The fields that differ from Keras's defaults, by name."""
        return {
            name: getattr(self, name)
            for name in fields
            if getattr(self, name) != type(self).model_fields[name].default
        }

    @property
    def final_activation(self) -> str | None:
        """Activation that the layer ends with; None where it passes its input's on."""
        return None


class BayesianLayer(LayerSection):
    """A layer that some Bayesian method can apply to."""

    bayesian: LayerBayesian | None = Field(
        default=None,
        description="Fields that override those of the `bayesian` section for this layer.",
    )

    @property
    def own_bayesian(self) -> LayerBayesian | None:
        """The layer's own `bayesian` fields."""
        return self.bayesian


def positions_and_channels(shape: Shape, dimensions: int) -> tuple[Shape, int]:
    """The sizes that positions lie along, and the channels.

    Raises: ShapeError for a shape of another number of dimensions.
    """
    if len(shape) != dimensions + 1:
        raise ShapeError("needs-dimensions", dimensions=dimensions)
    return shape[:-1], shape[-1]


def with_bias(weights: dict[str, Shape], use_bias: bool, size: int) -> dict[str, Shape]:
    """The weights, with a bias of the given size where there is one."""
    return {**weights, "bias": (size,)} if use_bias else weights
