"""The `layers` and `bayesian` sections of a script: its layers, blocks, and who is Bayesian."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.graph import Block, Chain, Step, layers_of
from bnnc.compiler.scripts.layers import (
    ReadLayer,
    activation_name,
    can_be_bayesian,
    has_bias_posterior,
    method_of,
    read_layer,
)
from bnnc.compiler.scripts.nodes import mapping, node
from bnnc.compiler.scripts.outputs import Distribution, distribution_of
from bnnc.compiler.scripts.pixels import divides_by_255
from bnnc.compiler.scripts.priors import prior_of, scale_of
from bnnc.compiler.scripts.values import Call, Unknown
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Mapping, Node, Scalar, to_json
from bnnc.compiler.text.tree import Sequence as Nodes

INPUTS = ("keras.Input", "keras.layers.InputLayer")
_FUNCTIONS = ("tf.nn.", "tf.math.", "keras.activations.", "keras.ops.")
_KERNELS = ("dense", "conv", "separable_conv", "depthwise_conv")
# Layers that a spec does not have, and that change nothing that the rules ask for.
_LEFT_OUT = frozenset({"Rescaling", "Normalization", "Lambda", "ActivityRegularization"})
# Layers after which an image is a row.
_TO_ROWS = ("flatten", "global_")


class LayerReader:
    """Reads the layers of a model.

    Attributes:
        layers: those that were read, in blocks too.
        unknown: what is not followed.
        left_out: what a spec does not have, with a name for it.
        decided: what an imported spec says otherwise than the script, and where.
        distribution: that of a last layer of tfp.layers.
        is_whole: whether all layers were read.
        ends_known: whether a layer with a kernel was read after the last one that was not.
        main: the method of most layers.
    """

    def __init__(
        self, chain: Chain, evaluation: Evaluation, rank: int | None, *, is_table: bool = False
    ) -> None:
        self.layers: list[ReadLayer] = []
        self.unknown: list[Unknown] = [*chain.unknown]
        self.left_out: list[tuple[str, Span]] = []
        self.decided: list[tuple[str, Span]] = []
        self.distribution: Distribution | None = None
        self.is_whole = not chain.unknown
        self.ends_known = not chain.unknown
        self._evaluation = evaluation
        self._rank = rank
        self._is_table = is_table
        self._waiting: list[Call] = [*chain.layers]
        methods = Counter(method for one in chain.layers if (method := method_of(one)))
        self.main = methods.most_common(1)[0][0] if methods else None
        has_blocks = any(isinstance(one, Block) for one in chain.steps)
        self._by_layer = len(methods) > 1 or (bool(methods) and has_blocks)
        self.nodes = list(self._steps(chain.steps))

    def _steps(self, steps: Sequence[Step]) -> Iterator[Node]:
        for one in steps:
            if isinstance(one, Block):
                yield self._block(one)
            else:
                self._waiting = self._waiting[1:]
                yield from self._layer(one)

    def _layer(self, call: Call) -> Iterator[Node]:
        if call.function in INPUTS:
            return
        distribution = distribution_of(call, self._evaluation)
        if distribution is not None:
            self.distribution = distribution
            if distribution.activation != "linear":
                yield activation_node(distribution.activation, distribution.parameter_span)
            return
        if call.function.startswith(_FUNCTIONS):
            yield activation_node(activation_name(call.function.rpartition(".")[2]), call.span)
            return
        found = read_layer(call)
        if found is None:
            self._not_read(call)
            return
        is_first = found.type == "dense" and not self.layers
        if is_first and self._rank in (None, 1) and not self._is_table:
            yield node({"type": "flatten"}, call.function_span)  # its input is a row already
        if found.type == "dense" and self._is_on_a_map():
            reason = "a spec has no `Dense` layer that works on each row of a map"
            self._miss(Unknown(reason, call.function_span, True))
            return
        if found.type.startswith(_TO_ROWS):
            self._rank = 1
        if found.type.startswith(_KERNELS):
            self.ends_known = True
        self.layers.append(found)
        self.left_out += found.left_out
        self.unknown += [
            Unknown(f"`{name}` of this layer is not followed: {one.reason}", one.span)
            for name, one in found.unknown
        ]
        yield self._with_method(found)

    def _is_on_a_map(self) -> bool:
        """Whether a dense layer works on a map that a later layer makes a row."""
        if self._rank is None or self._rank < 2:
            return False
        names = [one.function.rpartition(".")[2] for one in self._waiting]
        return any(name.startswith(("Flatten", "Global", "Reshape")) for name in names)

    def _not_read(self, call: Call) -> None:
        short = call.function.rpartition(".")[2]
        if divides_by_255(call):
            return  # as a spec does with pixels by itself
        if short in _LEFT_OUT:
            self.left_out.append((short, call.span))
        elif short == "DistributionLambda":
            self._miss(Unknown("the distribution of this layer is not followed", call.span, True))
        else:
            self._miss(Unknown(f"`{short}` is not a layer that a spec has", call.span, True))

    def _miss(self, unknown: Unknown) -> None:
        self.unknown.append(unknown)
        self.is_whole = self.ends_known = False

    def _with_method(self, found: ReadLayer) -> Node:
        """The layer, with its own method where it is not that of the most."""
        if not self._by_layer or found.method == self.main:
            return found.node
        if found.method is None and not can_be_bayesian(found.type, self.main):
            return found.node
        place = found.call.function_span
        method = node({"method": found.method or "none"}, place)
        assert isinstance(found.node, Mapping)
        return mapping([*found.node.entries, Entry("bayesian", place, method)], found.node.span)

    def _block(self, block: Block) -> Node:
        rank = self._rank
        branches: list[tuple[Node, ...]] = []
        for one in block.branches:
            self._rank = rank
            branches.append(tuple(self._steps(one)))
        span = block.span
        empty = [index for index, one in enumerate(branches) if not one]
        if block.merge == "add" and len(branches) == 2:
            if len(empty) == 1:
                return _residual(branches[1 - empty[0]], "identity", span)
            for index in (0, 1):
                steps, body = block.branches[1 - index], branches[index]
                if not empty and self._is_projection(steps, branches[1 - index], body):
                    self.decided.append(("the 1×1 convolution is `shortcut: projection`", span))
                    return _residual(body, "projection", span)
        inner = Nodes(tuple(Nodes(one, span) for one in branches), span)
        entries = [
            Entry("type", span, Scalar("parallel", span)),
            Entry("branches", span, inner),
        ]
        if block.merge != "concatenate":
            entries.append(Entry("merge", span, Scalar(block.merge, span)))
        return mapping(entries, span)

    def _is_projection(
        self, steps: Sequence[Step], shortcut: Sequence[Node], body: Sequence[Node]
    ) -> bool:
        """Whether a branch is the 1×1 convolution that a residual block makes by itself."""
        plain = [to_json(one) for one in shortcut]
        other = [to_json(one) for one in body]
        first = plain[0] if plain else None
        if not isinstance(first, dict) or first.get("type") != "conv2d" or len(plain) > 2:
            return False
        kernels = [
            one for one in other if isinstance(one, dict) and str(one.get("type")) == "conv2d"
        ]
        last = other[-1] if other else None
        if not kernels or not isinstance(last, dict) or len(kernels) < 1:
            return False
        ends_normal = last.get("type") == "batch_normalization"
        is_normal = len(plain) == 2 and plain[1] == {"type": "batch_normalization"}
        extra = set(first) - {"type", "filters", "kernel_size", "strides", "use_bias", "padding"}
        methods = {method_of(one) for one in layers_of(tuple(steps)) if "Conv" in one.function}
        return (
            first.get("kernel_size") in (1, [1, 1])
            and not extra
            and methods <= {self.main}
            and first.get("use_bias", True) == kernels[-1].get("use_bias", True)
            and is_normal == ends_normal
            and (len(plain) == 1 or is_normal)
        )

    def bayesian(self) -> Iterator[Entry]:
        """The `bayesian` section; none where no layer has a method."""
        if self.main is None:
            return
        first = next((one for one in self.layers if one.method == self.main), None)
        if first is None:
            return
        able = [one for one in self.layers if can_be_bayesian(one.type, self.main)]
        span = first.call.function_span
        section: list[Entry] = [Entry("method", span, Scalar(self.main, span))]
        if not self._by_layer and any(one.method != self.main for one in able):
            counts: Counter[str] = Counter()
            names: list[Node] = []
            for one in self.layers:
                number = counts[one.type]
                counts[one.type] += 1
                if one.method == self.main:
                    label = one.type if number == 0 else f"{one.type}_{number}"
                    names.append(Scalar(label, one.call.function_span))
            section.append(Entry("layers", span, Nodes(tuple(names), span)))
        section += self._prior()
        if all(has_bias_posterior(one.call) for one in self.layers if one.method):
            section.append(Entry("bias", span, Scalar(True, span)))
        yield Entry("bayesian", span, mapping(section, span))

    def _prior(self) -> Iterator[Entry]:
        """The prior, where all layers of tfp.layers have the same one of a known scale."""
        found = [prior_of(one.call) for one in self.layers if "tfp." in one.call.function]
        scales: list[float | None] = []
        for one in found:
            scale = 1.0 if one is None else scale_of(one[0], self._evaluation, one[2])
            scales.append(scale)
            if one is not None and scale is None:
                text = f"the prior of `{one[1]}` is written as normal with a scale of 1"
                self.decided.append((text, one[2]))
        known = {one for one in scales if one is not None}
        own = next((one for one in found if one is not None), None)
        if own is None or known == {1.0} or not known:
            return
        if len(known) > 1 or None in scales:
            text = "the layers have several priors, which are written as the default"
            self.decided.append((text, own[2]))
            return
        inner = mapping([Entry("scale", own[2], Scalar(known.pop(), own[2]))], own[2])
        yield Entry("prior", own[2], inner)


def _residual(body: tuple[Node, ...], shortcut: str, span: Span) -> Node:
    entries = [
        Entry("type", span, Scalar("residual", span)),
        Entry("body", span, Nodes(body, span)),
    ]
    if shortcut != "identity":
        entries.append(Entry("shortcut", span, Scalar(shortcut, span)))
    return mapping(entries, span)


def activation_node(name: str, span: Span) -> Node:
    """An activation as a layer of its own."""
    return node({"type": "activation", "activation": name}, span)
