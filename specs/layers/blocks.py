"""Blocks of layers: residual, repeat, parallel.

A block says no name for what it makes by itself: a residual block `stem` makes `stem_add`, and
`stem_projection`, `stem_projection_normalization` and `stem_activation` where it is asked for them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from bnnc.specs.activations import ActivationName
from bnnc.specs.layers.activation import Activation
from bnnc.specs.layers.block import Block, Canonical, Path, Walk
from bnnc.specs.layers.layer import LayerSection
from bnnc.specs.layers.merging import Add, Concatenate
from bnnc.specs.layers.normalization import BatchNormalization
from bnnc.specs.layers.shortcuts import Projection, ZeroPadding
from bnnc.specs.section import LayerName, Size

if TYPE_CHECKING:
    from bnnc.specs.layers import Layer

NAME: Any = Field(
    default=None,
    description=(
        "Name of the block, which selects all its layers in `bayesian.layers`; the type and a "
        "number by default."
    ),
)


class Residual(Block):
    """Layers whose outputs are added to their input (He et al. 2016).

    With the input's batch normalization and activation before the block, or in the body of a block
    whose shortcut is the identity, it is the pre-activation one.
    """

    type: Literal["residual"]
    name: LayerName | None = NAME
    body: list["Layer"] = Field(
        min_length=1, max_length=10_000, description="The layers that the shortcut goes past."
    )
    shortcut: Literal["identity", "projection", "zero_padding"] = Field(
        default="identity",
        description=(
            "What is added to the body's output. `identity`: the block's input, which must have "
            "the same shape. `projection`: a 1×1 convolution of it, of a row a dense layer, to the "
            "shape of the body's output; it has a bias if the body's last kernel has one, and "
            "batch normalization if the body ends with it. `zero_padding`: the input at every "
            "stride-th position, with channels of zeros after its own, and no weights."
        ),
    )
    activation: ActivationName = Field(
        default="linear", description="Keras activation of the sum; `linear` is none."
    )

    @property
    def parts(self) -> tuple[tuple[Path, Sequence["Layer"]], ...]:
        """The body."""
        return ((("body",), self.body),)

    def place(self, walk: Walk, path: Path, start: int) -> int:
        """The body, the shortcut, their sum, and its activation."""
        end = walk.stack(self.body, (*path, "body"), start)
        shortcut = start
        if self.shortcut == "projection":
            kernels = [one for one in self.body if getattr(one, "variational_class", None)]
            use_bias = bool(getattr(kernels[-1], "use_bias", True)) if kernels else True
            projection = Projection(fits=end, use_bias=use_bias)
            shortcut = walk.made("projection", projection, (start,))
            last = self.body[-1]
            if isinstance(last, BatchNormalization):
                shortcut = walk.made("projection_normalization", last, (shortcut,))
        elif self.shortcut == "zero_padding":
            shortcut = walk.made("zero_padding", ZeroPadding(fits=end), (start,))
        total = walk.made("add", Add(residual=True), (end, shortcut))
        if self.activation == "linear":
            return total
        activation = Activation(type="activation", activation=self.activation)
        return walk.made("activation", activation, (total,))

    def written_out(
        self, fields: dict[str, Any], name: str, canonical: Canonical
    ) -> list[dict[str, Any]]:
        """The block, with the layers of its body as they are there."""
        return [{**fields, "name": name, "body": canonical(self.body, fields["body"])}]


class Repeat(Block):
    """Layers that are repeated, each time with new weights."""

    type: Literal["repeat"]
    name: LayerName | None = NAME
    times: Size = Field(description="How many times.")
    body: list["Layer"] = Field(
        min_length=1, max_length=10_000, description="The layers that are repeated."
    )

    @property
    def parts(self) -> tuple[tuple[Path, Sequence["Layer"]], ...]:
        """The body."""
        return ((("body",), self.body),)

    @property
    def repetitions(self) -> int:
        """As many as are written."""
        return self.times

    def place(self, walk: Walk, path: Path, start: int) -> int:
        """The body, behind itself."""
        for _ in range(self.times):
            start = walk.stack(self.body, (*path, "body"), start)
        return start

    def written_out(
        self, fields: dict[str, Any], name: str, canonical: Canonical
    ) -> list[dict[str, Any]]:
        """Its layers one by one: who writes them out has the same model."""
        return [one for _ in range(self.times) for one in canonical(self.body, fields["body"])]


class Parallel(Block):
    """Branches that all take the block's input, and whose outputs are merged."""

    type: Literal["parallel"]
    name: LayerName | None = NAME
    branches: list[Annotated[list["Layer"], Field(max_length=10_000)]] = Field(
        min_length=2,
        max_length=1000,
        description="Lists of layers; an empty list passes the input on.",
    )
    merge: Literal["concatenate", "add"] = Field(
        default="concatenate",
        description=(
            "`concatenate` puts the channels of all branches side by side; `add` is their sum."
        ),
    )

    @property
    def parts(self) -> tuple[tuple[Path, Sequence["Layer"]], ...]:
        """Every branch."""
        return tuple((("branches", index), one) for index, one in enumerate(self.branches))

    def place(self, walk: Walk, path: Path, start: int) -> int:
        """The branches, one after the other, and their merge."""
        ends = tuple(walk.stack(layers, (*path, *part), start) for part, layers in self.parts)
        merge: LayerSection = Add() if self.merge == "add" else Concatenate()
        return walk.made(self.merge, merge, ends)

    def written_out(
        self, fields: dict[str, Any], name: str, canonical: Canonical
    ) -> list[dict[str, Any]]:
        """The block, with the layers of its branches as they are there."""
        branches = [
            canonical(layers, dumped)
            for layers, dumped in zip(self.branches, fields["branches"], strict=True)
        ]
        return [{**fields, "name": name, "branches": branches}]
