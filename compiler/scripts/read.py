"""Read a script into the tree of a spec, with what of it is not covered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from bnnc.compiler.scripts.datasets import Feed, feed_of
from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.graph import Chain, chain_of, subclassed
from bnnc.compiler.scripts.layer_section import INPUTS, LayerReader, activation_node
from bnnc.compiler.scripts.layers import ReadLayer
from bnnc.compiler.scripts.losses import Loss, loss_of
from bnnc.compiler.scripts.nodes import mapping, node
from bnnc.compiler.scripts.output_section import (
    is_output_known,
    labels_of,
    loss_section,
    output_section,
)
from bnnc.compiler.scripts.outputs import Distribution
from bnnc.compiler.scripts.parsing import Code, code_of
from bnnc.compiler.scripts.pixels import rank_of
from bnnc.compiler.scripts.training import (
    data,
    divisor_of,
    is_plain_data,
    named_source,
    shape_of,
    training,
)
from bnnc.compiler.scripts.values import Call, Model, Unknown
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Entry, Json, Mapping, Node, Scalar, Sequence, to_json

_SHAPES = {
    "mnist": [28, 28, 1],
    "fashion-mnist": [28, 28, 1],
    "cifar10": [32, 32, 3],
    "cifar100": [32, 32, 3],
    "digits": [8, 8, 1],
}


@dataclass(slots=True)
class ReadScript:
    """What was read of a script.

    Attributes:
        tree: the spec that the script says; None where it has no model.
        evaluation: the values of the script.
        code: its statements, and the cells of a notebook.
        unknown: what is not followed, with the reason.
        left_out: what a spec does not have, with a name for it.
        decided: what the spec says otherwise than the script, and where.
        layers: the layers that were read.
        calls: the calls of all layers, those too that were not read.
        is_whole: whether all layers were read.
        distribution: that of a last layer of tfp.layers.
    """

    tree: Mapping | None
    evaluation: Evaluation
    code: Code
    unknown: list[Unknown] = field(default_factory=list)
    left_out: list[tuple[str, Span]] = field(default_factory=list)
    decided: list[tuple[str, Span]] = field(default_factory=list)
    layers: list[ReadLayer] = field(default_factory=list)
    calls: tuple[Call, ...] = ()
    is_whole: bool = True
    distribution: Distribution | None = None
    loss: Loss | None = None
    model: Model | None = None
    feed: Feed | None = None
    source: str | None = None


def read_script(source: Source) -> ReadScript:
    """Read a script or a notebook.

    Raises: SyntaxError if it is not Python; NotebookError if it is no notebook.
    """
    code = code_of(source)
    evaluation = Evaluation(code)
    read = ReadScript(None, evaluation, code)
    model = _chosen(evaluation)
    if model is None:
        return read
    read.model = model
    chain = chain_of(model)
    read.calls = chain.layers
    read.tree = mapping(_sections(read, model, chain, source), model.span)
    return read


def _chosen(evaluation: Evaluation) -> Model | None:
    """The model that is trained, or else the last one with layers."""
    made = [one for one in evaluation.models if one.layers or one.outputs is not None]
    trained = [one for one in made if one.fitted] or [one for one in made if one.compiled] or made
    return trained[-1] if trained else subclassed(evaluation)


def _sections(read: ReadScript, model: Model, chain: Chain, source: Source) -> Iterator[Entry]:
    span = model.made.function_span
    yield Entry("bnnc", span, Scalar(1, span))
    name = source.name.rpartition("/")[2].partition(".")[0]
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)
    yield Entry("name", span, Scalar(plain or "script", span))
    feed = read.feed = feed_of(model, read.evaluation)
    loss = read.loss = loss_of(model, read.evaluation, feed)
    labels = labels_of(feed)
    if feed is not None and labels is not None and feed.labels is feed.images:
        reason = "labels that are the images are not followed"
        read.unknown.append(Unknown(reason, feed.span, True))
    loaded = named_source(read.evaluation.calls)
    if feed is not None and not is_plain_data(feed.images):
        loaded = None  # other images than those of the source
    read.source = None if loaded is None else loaded[0]
    said = _input(feed, chain, loaded, span)
    yield said
    is_table = _is_row(to_json(said.value))
    if is_table:
        read.decided.append(("each feature is standardised by the training rows", said.key_span))
    declared = _declared(chain)
    found = LayerReader(chain, read.evaluation, _rank(feed, chain), is_table=is_table)
    read.layers, read.is_whole, read.distribution = found.layers, found.is_whole, found.distribution
    read.unknown += found.unknown
    is_of_images = any("Conv" in one.function or "Pool" in one.function for one in chain.layers)
    if declared is None and loaded is None and found.is_whole and is_of_images:
        reason = "the shape of the images is not known; `input_shape=` in the first layer gives it"
        read.unknown.append(Unknown(reason, span, True))
    bayesian = list(found.bayesian())
    read.left_out += found.left_out
    read.decided += found.decided
    if loss is not None:
        read.left_out += loss.left_out
    read.unknown += _unknown_loss(loss, read.evaluation)
    made = None if loss is None else loss.distribution
    if made is not None and made.activation != "linear":
        found.nodes.append(activation_node(made.activation, made.parameter_span))
    yield Entry("layers", span, Sequence(tuple(found.nodes), model.span))
    yield from bayesian
    place = model.span if loss is None else loss.span
    is_known = found.distribution is not None or is_output_known(loss, labels, read.evaluation)
    if found.distribution is not None and not found.distribution.is_sampled:
        is_known = loss is not None and loss.type == "negative_log_likelihood"
    if is_known and found.ends_known and (labels or ("",))[0] != "unknown":
        yield output_section(read.layers, read.distribution, loss, labels, place)
        section = list(
            loss_section(loss, read.layers, read.source, feed, read.evaluation, read.unknown)
        )
        if section:
            yield Entry("loss", place, mapping(section, place))
    else:
        # Marked as reported: the rules that ask for the output are not asked.
        yield Entry("output", place, Scalar(None, place, reported=True))
    trained = training(model, feed, read.evaluation.calls, read.unknown)
    if trained is not None:
        yield Entry("training", trained.span, trained)
    if feed is not None and feed.labels is not None and labels is None and loaded is not None:
        read.decided.append(
            ("the labels are not those of the source, so `data` is left out", feed.labels.span)
        )
        loaded = None
    where = data(model, loaded)
    if where is not None:
        yield Entry("data", where.span, where)


def _unknown_loss(loss: Loss | None, evaluation: Evaluation) -> Iterator[Unknown]:
    """A loss of the script's own, which is not followed."""
    if loss is not None:
        if loss.type is None:
            yield Unknown("this loss is not followed", loss.span, True)
        return
    for step in evaluation.calls:
        if step.function == ".gradient" and len(step.args) > 1:
            yield Unknown("the loss of this step is not followed", step.span, True)
            return


def _rank(feed: Feed | None, chain: Chain) -> int | None:
    """The axes of one image, as the model says them or as the images have them."""
    declared = _declared(chain)
    if declared is not None:
        sizes = to_json(declared[0])
        return len(sizes) if isinstance(sizes, list) else None
    return None if feed is None else rank_of(feed.images)


def _declared(chain: Chain) -> tuple[Node, Span] | None:
    """The shape of an image as the model says it, and its place."""
    for call in chain.layers:
        for key, position in (
            ("shape", 0),
            ("input_shape", 0 if call.function.endswith("InputLayer") else None),
        ):
            if key == "shape" and call.function not in INPUTS:
                continue
            value = call.argument(key, position)
            shape = shape_of(value)
            if shape is not None and value is not None:
                return shape, call.keyword_spans.get(key, value.span)
    return None


def _input(feed: Feed | None, chain: Chain, loaded: tuple[str, Span] | None, span: Span) -> Entry:
    shape: Node | None = None
    place = span
    declared = _declared(chain)
    if declared is not None:
        shape, place = declared
        is_series = any("1D" in one.function for one in chain.layers)
        known = None if loaded is None else _SHAPES[loaded[0]]
        shape = shape if is_series else _with_channels(shape, known)
    elif loaded is not None:
        shape, place = node(list(_SHAPES[loaded[0]]), loaded[1]), loaded[1]
    if shape is None:
        # Marked as reported: the rules that ask for shapes are not asked.
        return Entry("input", span, Scalar(None, span, reported=True))
    entries = [Entry("shape", place, shape)]
    divisor = divisor_of(None if feed is None else feed.images)
    # The pixels of a named source are known, whatever the script divides them by.
    if loaded is not None and loaded[0] == "digits":
        entries.append(Entry("value_range", loaded[1], node([0, 16], loaded[1])))
    if divisor is not None and divisor[0] != 255 and loaded is None and not _is_row(to_json(shape)):
        entries.append(Entry("value_range", divisor[1], node([0, divisor[0]], divisor[1])))
    return Entry("input", place, mapping(entries, place))


def _is_row(said: Json) -> bool:
    """Whether an `input` or its shape is that of a row of features."""
    shape = said.get("shape") if isinstance(said, dict) else said
    return isinstance(shape, list) and len(shape) == 1


def _with_channels(shape: Node, loaded: list[int] | None) -> Node:
    """A shape with the axis of the channels, which images of one channel often lack in scripts.

    A row of all pixels of the images that the script loads is their shape, too. Any other row of
    numbers is one of features.
    """
    sizes = to_json(shape)
    assert isinstance(sizes, list)
    numbers = [one for one in sizes if isinstance(one, int)]
    if loaded is not None and (numbers == loaded[:2] or numbers == [prod(loaded)]):
        return node(list(loaded), shape.span)
    return node([*numbers, 1], shape.span) if len(numbers) == 2 else shape
