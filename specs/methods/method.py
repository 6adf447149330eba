"""Base class and registry of the Bayesian methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from bnnc.specs.methods.parts import MethodLayer, MethodSection
from bnnc.specs.priors.scaled import DEFAULT_SCALE

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@dataclass(frozen=True, slots=True)
class WeightCounts:
    """Numbers of weights that a method adds to a layer.

    Attributes:
        trainable: weights beside the layer's own that gradients change.
        non_trainable: weights beside the layer's own that none changes.
        posterior: weights, own or added, that have a posterior.
        drawn: numbers that a training step draws of them, beyond one for each.
        kl: KL(posterior ‖ prior) expected at the start, in nats.
        kl_is_sampled: whether that KL is estimated by Monte Carlo in training.
    """

    trainable: int = 0
    non_trainable: int = 0
    posterior: int = 0
    drawn: int = 0
    kl: float = 0.0
    kl_is_sampled: bool = False


@dataclass(frozen=True, slots=True)
class Consumer:
    """A layer whose kernel is the first to read the outputs of another.

    Attributes:
        name: name of the layer.
        kernel: shape of its kernel.
        shape: shape of its input, of one example.
    """

    name: str
    kernel: Shape
    shape: Shape


class Method:
    """A Bayesian method: its name, the layers that carry it, and their classes and arguments.

    Its instances hold nothing: there is one a method, in `METHODS`.
    """

    name: ClassVar[str]
    # What follows its name in a sentence, as in "`mc_dropout` keeps the dropout layers active".
    meaning: ClassVar[str]
    # What a layer needs to carry it, and how a stack without such a layer gets one.
    needs: ClassVar[str] = "a layer with a kernel"
    remedy: ClassVar[str] = "add a dense or convolutional layer"
    # Fields of the `bayesian` section, beside `method` and `layers`, that have an effect under it.
    fields: ClassVar[frozenset[str]] = frozenset()
    # Those that have one on layers that it makes something else of, by their place.
    fields_by_place: ClassVar[frozenset[str]] = frozenset()
    # Whether the loss has a KL divergence.
    has_kl: ClassVar[bool] = False
    # Whether its KL is known for a normal prior alone.
    normal_prior_only: ClassVar[bool] = False
    # Scale of the normal prior where the spec writes no prior.
    default_prior_scale: ClassVar[float] = DEFAULT_SCALE
    # Whether every weight of a kernel has a mean and a standard deviation of its own.
    posterior_of_kernel: ClassVar[bool] = False
    # Whether every draw of a layer is another one.
    has_noise: ClassVar[bool] = True
    # Whether that is so in training too, and not at prediction alone.
    noise_in_training: ClassVar[bool] = True
    # Whether it applies to the last layer alone, and to no other beside it.
    last_layer_only: ClassVar[bool] = False
    # Whether a layer has members, one of which sees each row, and a draw of the weights is one.
    has_members: ClassVar[bool] = False

    @property
    def learns_scales(self) -> bool:
        """Whether it learns the standard deviations of a posterior."""
        return "posterior" in self.fields

    def carried_by(self, layer: MethodLayer) -> bool:
        """Whether it can apply to the layer."""
        return layer.variational_class is not None

    def at(self, layer: MethodLayer, *, is_last: bool, normalized: bool) -> str:
        """Name of the method of a layer that this one is said of, which may depend on its place.

        Args:
            layer: the layer.
            is_last: whether it is the last one.
            normalized: whether the network has a batch normalization.
        """
        return self.name

    def is_random(self, layer: MethodLayer) -> bool:
        """Whether the outputs of such a layer are random at prediction."""
        return True

    def keras_class(self, layer: MethodLayer) -> str:
        """Class of the layer under the method, with its module."""
        return layer.keras_class

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """Arguments of that class beside the layer's own and `seed`.

        A section among them stands for a call of the class that it names by `runtime_class`.
        """
        return {}

    def consumer_arguments(
        self, shape: Shape, consumers: tuple[Consumer, ...]
    ) -> dict[str, object]:
        """Arguments of that class that depend on whose kernels read its outputs, of a shape."""
        return {}

    def read_by_kernel(self, shape: Shape, bayesian: MethodSection) -> Shape:
        """Shape of what the kernel reads, for an input shape."""
        return shape

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """Numbers of weights that it adds to the layer, for an input shape."""
        return WeightCounts()

    def more_multiply_adds(self, shape: Shape, bayesian: MethodSection) -> int:
        """Multiply-adds beside those of the kernel, for an input shape."""
        return 0

    def consumer_kl_multiplier(self, layer: MethodLayer) -> float:
        """How often the KL counts what the prior makes of those kernels."""
        return 0.0

    def consumer_kl(
        self,
        layer: MethodLayer,
        shape: Shape,
        bayesian: MethodSection,
        consumers: tuple[Consumer, ...],
    ) -> float:
        """Part of the KL at the start that depends on those kernels, in nats."""
        return 0.0


_registered: dict[str, Method] = {}
METHODS: Final[Mapping[str, Method]] = MappingProxyType(_registered)

MethodClass = TypeVar("MethodClass", bound=type[Method])


def method(name: str) -> Callable[[MethodClass], MethodClass]:
    """Register an instance of the decorated class under its name."""

    def register(method_class: MethodClass) -> MethodClass:
        method_class.name = name
        _registered[name] = method_class()
        return method_class

    return register
