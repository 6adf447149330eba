"""Base class and registry of the priors."""

import abc
import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self, TypeVar

import keras
import tensorflow as tf
import tensorflow_probability as tfp


@dataclasses.dataclass(frozen=True)
class Prior(abc.ABC):
    """The law of a kernel's weights before any data, the weights being independent.

    A prior is a value and holds no variables: what it learns is added to the layer, so that one
    prior can serve many layers. Subclasses are frozen dataclasses whose fields are their config.
    """

    distribution_name: ClassVar[str]

    def add_variables(self, layer: keras.layers.Layer) -> dict[str, keras.Variable]:
        """Add to `layer` the float32 variables that this prior learns, and return them by name."""
        del layer
        return {}

    @abc.abstractmethod
    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return the law of one weight as a TFP distribution."""

    def distribution_around(
        self, mean: tf.Tensor, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return the law of the weights whose posterior has these means: of one for all of them.

        A prior that is tied to the means has the shape of `mean`.
        """
        del mean
        return self.distribution(variables)

    @abc.abstractmethod
    def kl_divergence(
        self,
        mean: tf.Tensor,
        scale: tf.Tensor,
        variables: Mapping[str, keras.Variable],
        seed: int = 0,
    ) -> tf.Tensor:
        """Return the sum over all weights of KL(Normal(mean, scale) || prior), in nats, float32.

        `seed` is that of the weights, for the noise of a prior whose KL is sampled.

        Shapes: mean and scale of the kernel's shape -> [].
        """

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the prior with this config."""
        return cls(**config)


_registered: dict[str, type[Prior]] = {}
PRIORS: Final[Mapping[str, type[Prior]]] = MappingProxyType(_registered)


PriorClass = TypeVar("PriorClass", bound=type[Prior])


def prior(distribution_name: str) -> Callable[[PriorClass], PriorClass]:
    """Register the decorated class under its distribution's name, here and with Keras."""

    def register(prior_class: PriorClass) -> PriorClass:
        prior_class.distribution_name = distribution_name
        _registered[distribution_name] = prior_class
        keras.saving.register_keras_serializable(package="bnnc")(prior_class)
        return prior_class

    return register


def check_prior(value: object) -> Prior:
    """Return `value` if it is a prior.

    Raises: TypeError if it is something else.
    """
    if not isinstance(value, Prior):
        raise TypeError(
            "Expected `prior` to be a prior of bnnc.runtime.priors, such as "
            f"NormalPrior(scale=0.1). Received: prior={value!r}"
        )
    return value
