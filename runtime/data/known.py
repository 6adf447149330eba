"""The registry of named sources. A new source is a file and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from bnnc.runtime.data.digits import DIGITS
from bnnc.runtime.data.keras_datasets import CIFAR10, CIFAR100, FASHION_MNIST, MNIST
from bnnc.runtime.data.known_source import KnownSource
from bnnc.runtime.data.sklearn_tables import TABLES

KNOWN_SOURCES: Mapping[str, KnownSource] = MappingProxyType(
    {source.name: source for source in (DIGITS, FASHION_MNIST, MNIST, CIFAR10, CIFAR100, *TABLES)}
)
