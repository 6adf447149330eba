"""The signature that `help`, notebooks and editors show of a layer class."""

from inspect import Signature
from typing import Any


class ClassSignature:
    """A signature that a class has and its instances have not, as `__signature__`.

    `tf.function(layer)` asks the layer for its signature, which is that of its `__call__`; a plain
    attribute of the class would answer with the arguments of `__init__`.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature

    def __get__(self, instance: Any, owner: type) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        return self._signature
