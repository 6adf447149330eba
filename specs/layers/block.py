"""Base class of the blocks of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from bnnc.specs.layers.layer import LayerSection
from bnnc.specs.shapes import Shape

if TYPE_CHECKING:
    from bnnc.specs.layers import Layer

Path = tuple[str | int, ...]
# Sections, their dumped fields, and what those are in the canonical spec.
Canonical = Callable[[Sequence[LayerSection], list[dict[str, Any]]], list[dict[str, Any]]]


class Walk(Protocol):
    """Places the layers of a block; a layer is identified by its index."""

    def stack(self, layers: Sequence[Layer | None], path: Path, start: int) -> int:
        """Place layers one after the other, and return the last one."""

    def made(self, word: str, section: LayerSection, inputs: tuple[int, ...]) -> int:
        """Place a layer that the block makes by itself; `word` ends its name."""


class Block(LayerSection):
    """Layers inside of a layer's place.

    Subclasses say how they are placed, and in which fields they have layers.
    """

    # A block is no layer of the Keras model; the layers in it are.
    keras_class = ""

    @property
    def parts(self) -> tuple[tuple[Path, Sequence[Layer]], ...]:
        """Every list of layers in the block, with its path below the block's."""
        raise AssertionError("every block says where its layers are")

    @property
    def repetitions(self) -> int:
        """How often its layers stand in the model."""
        return 1

    def place(self, walk: Walk, path: Path, start: int) -> int:
        """Place the block's layers behind `start`, and return the one that gives its output."""
        raise AssertionError("every block says how its layers stand")

    def written_out(
        self, fields: dict[str, Any], name: str, canonical: Canonical
    ) -> list[dict[str, Any]]:
        """The layers of the canonical spec that the block is: itself, in the order of `place`."""
        raise AssertionError("every block says what it is in the canonical spec")


class Merge(LayerSection):
    """A layer of several inputs, which a block makes; it has no word of its own in a spec."""

    def merged_shape(self, shapes: tuple[Shape, ...]) -> Shape:
        """Shape of one example after the layer. Raises: ShapeError."""
        raise AssertionError("every merge says what shape it gives")

    @property
    def final_activation(self) -> str:
        """A sum can have any value, whatever gave its terms."""
        return "linear"


class Fitted(LayerSection):
    """A layer that a block makes so that its output has the shape of another layer's."""

    fits: int

    def fitted(self, shape: Shape, wanted: Shape) -> LayerSection:
        """The layer that takes `shape` to `wanted`, the output of layer `fits`.

        Raises: ShapeError if there is none.
        """
        raise AssertionError("every such layer says how it fits")
