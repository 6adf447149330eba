"""Read a script into the tree of a spec, with what of it is not covered."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.graph import Chain, chain_of, subclassed
from bnnc.compiler.scripts.kl import weight_of
from bnnc.compiler.scripts.layers import ReadLayer, read_layer
from bnnc.compiler.scripts.nodes import mapping, node
from bnnc.compiler.scripts.outputs import Distribution, Loss, distribution_of, encoding_of, loss_of
from bnnc.compiler.scripts.training import (
    data,
    divisor_of,
    is_plain_data,
    named_source,
    rows_of,
    shape_of,
    training,
)
from bnnc.compiler.scripts.values import Call, Known, Model, Unknown, Value
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Entry, Mapping, Node, Scalar, Sequence, to_json

_SHAPES = {
    "mnist": [28, 28, 1],
    "fashion-mnist": [28, 28, 1],
    "cifar10": [32, 32, 3],
    "cifar100": [32, 32, 3],
}


@dataclass(slots=True)
class ReadScript:
    """What was read of a script.

    Attributes:
        tree: the spec that the script says; None where it has no model.
        unknown: what is not followed, with the reason.
        left_out: what a spec does not have, with a name for it.
        layers: the layers that were read.
        evaluation: the values of the script.
    """

    tree: Mapping | None
    evaluation: Evaluation
    unknown: list[Unknown] = field(default_factory=list)
    left_out: list[tuple[str, Span]] = field(default_factory=list)
    layers: list[ReadLayer] = field(default_factory=list)
    unknown_layers: bool = False
    distribution: Distribution | None = None
    loss: Loss | None = None
    model: Model | None = None


def read_script(source: Source) -> ReadScript:
    """Read a script. Raises: SyntaxError if it is not Python."""
    evaluation = Evaluation(source, ast.parse(source.text))
    read = ReadScript(None, evaluation)
    model = _chosen(evaluation)
    if model is None:
        return read
    read.model = model
    chain = chain_of(model)
    read.unknown += chain.unknown
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
    yield Entry(
        "name",
        span,
        Scalar(
            "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)
            or "script",
            span,
        ),
    )
    loaded = named_source(read.evaluation.calls)
    if model.fitted and not is_plain_data(model.fitted[-1].argument("x", 1)):
        loaded = None  # other images than those of the source
    read.unknown_layers = bool(chain.unknown)
    yield _input(model, chain, loaded, span)
    layers = list(_layers(read, chain))
    yield Entry("layers", span, Sequence(tuple(layers), model.span))
    yield from _bayesian(read)
    yield from _output(read, model, layers)
    found = training(model)
    if found is not None:
        yield Entry("training", found.span, found)
    place = data(model, loaded)
    if place is not None and not _has_other_labels(model):
        yield Entry("data", place.span, place)


def _has_other_labels(model: Model) -> bool:
    """Whether a model is fitted to labels that are not known to be those of a source."""
    labels = model.fitted[-1].argument("y", 2) if model.fitted else None
    return labels is not None and encoding_of(labels) is None


def _input(model: Model, chain: Chain, loaded: tuple[str, Span] | None, span: Span) -> Entry:
    shape: Node | None = None
    place = span
    for call in chain.layers:
        for key, position in (
            ("shape", 0),
            ("input_shape", 0 if call.function.endswith("InputLayer") else None),
            ("batch_input_shape", None),
        ):
            if key == "shape" and call.function not in ("keras.Input", "keras.layers.InputLayer"):
                continue
            value = call.argument(key, position)
            shape = shape_of(value)
            if shape is not None and value is not None:
                place = call.keyword_spans.get(key, value.span)
                break
        if shape is not None:
            break
    if shape is None and loaded is not None:
        shape, place = node(list(_SHAPES[loaded[0]]), loaded[1]), loaded[1]
    elif shape is not None:
        is_series = any("1D" in one.function for one in chain.layers)
        known = None if loaded is None else _SHAPES[loaded[0]]
        shape = shape if is_series else _with_channels(shape, known)
    entries = [] if shape is None else [Entry("shape", place, shape)]
    images = model.fitted[-1].argument("x", 1) if model.fitted else None
    divisor = divisor_of(images)
    if divisor is not None and divisor[0] != 255:
        entries.append(Entry("value_range", divisor[1], node([0, divisor[0]], divisor[1])))
    return Entry("input", place, mapping(entries, place))


def _with_channels(shape: Node, loaded: list[int] | None) -> Node:
    """A shape with the axis of the channels, which images of one channel often lack in scripts.

    A row of all pixels of the images that the script loads is their shape, too.
    """
    sizes = to_json(shape)
    assert isinstance(sizes, list)
    numbers = [one for one in sizes if isinstance(one, int)]
    if loaded is not None and (numbers == loaded[:2] or numbers == [prod(loaded)]):
        return node(list(loaded), shape.span)
    return node([*numbers, 1], shape.span) if len(numbers) < 3 else shape


def _layers(read: ReadScript, chain: Chain) -> Iterator[Node]:
    for call in chain.layers:
        if call.function in ("keras.Input", "keras.layers.InputLayer"):
            continue
        distribution = distribution_of(call, read.evaluation)
        if distribution is not None:
            read.distribution = distribution
            if distribution.activation != "linear":
                yield node(
                    {"type": "activation", "activation": distribution.activation},
                    distribution.parameter_span,
                )
            continue
        if call.function.startswith(("tf.nn.", "keras.activations.", "keras.ops.")):
            name = call.function.rpartition(".")[2]
            yield node({"type": "activation", "activation": name}, call.span)
            continue
        found = read_layer(call)
        if found is None:
            short = call.function.rpartition(".")[2]
            if short not in ("Rescaling", "Normalization", "Lambda"):
                read.unknown.append(
                    Unknown(f"`{short}` is not a layer of this language", call.span)
                )
                read.unknown_layers = True
            else:
                read.left_out.append((short, call.span))
            continue
        if not read.layers and found.type == "dense":
            yield node({"type": "flatten"}, call.function_span)  # Keras applies it to each row
        read.layers.append(found)
        read.left_out += found.left_out
        read.unknown += [
            Unknown(f"`{name}` of this layer is not followed: {one.reason}", one.span)
            for name, one in found.unknown
        ]
        yield found.node


def _bayesian(read: ReadScript) -> Iterator[Entry]:
    methods = Counter(one.method for one in read.layers if one.method)
    if not methods:
        return
    (method, _), *_ = methods.most_common(1)
    first = next(one for one in read.layers if one.method == method)
    able = [one for one in read.layers if one.type in ("dense", "conv1d", "conv2d", "conv3d")]
    span = first.call.function_span
    section: list[Entry] = [Entry("method", span, Scalar(method, span))]
    if any(one.method != method for one in able):
        counts: Counter[str] = Counter()
        names: list[Node] = []
        for one in read.layers:
            number = counts[one.type]
            counts[one.type] += 1
            if one.method == method:
                label = one.type if number == 0 else f"{one.type}_{number}"
                names.append(Scalar(label, one.call.function_span))
        section.append(Entry("layers", span, Sequence(tuple(names), span)))
    if all(_has_bias_posterior(one.call) for one in read.layers if one.method):
        section.append(Entry("bias", span, Scalar(True, span)))
    yield Entry("bayesian", span, mapping(section, span))


def _has_bias_posterior(call: Call) -> bool:
    """Whether the bias of a layer of tfp.layers has a posterior: by default it is a plain weight."""
    if call.function.endswith("DenseVariational"):
        use_bias = call.argument("use_bias", 6)
        return not (isinstance(use_bias, Known) and use_bias.value is False)
    posterior = call.argument("bias_posterior_fn")
    if not isinstance(posterior, Call) or not posterior.function.endswith("mean_field_normal_fn"):
        return False
    is_singular = posterior.argument("is_singular", 0)
    return not (isinstance(is_singular, Known) and is_singular.value)


def _output(read: ReadScript, model: Model, layers: list[Node]) -> Iterator[Entry]:
    loss = read.loss = loss_of(model)
    fitted = model.fitted[-1] if model.fitted else None
    labels = None if fitted is None else encoding_of(fitted.argument("y", 2))
    images = None if fitted is None else fitted.argument("x", 1)
    if fitted is not None and images is not None and fitted.argument("y", 2) is images:
        labels = ("unknown", fitted.span)  # an autoencoder: its output is a map, and rightly so
        read.unknown.append(Unknown("labels that are the images are not followed", fitted.span))
        read.unknown_layers = True
    span = model.span if loss is None else loss.span
    if not _is_output_known(read, loss, labels):
        # Marked as reported: the rules that ask for the output are not asked.
        yield Entry("output", span, Scalar(None, span, reported=True))
        return
    units = _units(read)
    entries: list[Entry] = []
    found = read.distribution
    if found is not None:
        entries.append(Entry("distribution", found.name_span, Scalar(found.name, found.name_span)))
        entries.append(
            Entry(
                "parameterization",
                found.parameter_span,
                Scalar(found.parameterization, found.parameter_span),
            )
        )
        kind = found.name
    else:
        kind = _kind(read, loss, labels)
        entries.append(Entry("distribution", span, Scalar(kind, span)))
        place = span if loss is None or loss.logits_span is None else loss.logits_span
        said = "logits" if _gives_logits(read, loss) else "probs"
        said = {"normal": "loc", "poisson": "rate"}.get(kind, said)
        entries.append(Entry("parameterization", place, Scalar(said, place)))
    if found is not None and found.scale is not None:
        entries.append(
            Entry("scale", found.scale.span, Scalar(found.scale.value, found.scale.span))
        )
    if kind == "normal" and found is None:
        entries.append(Entry("scale", span, Scalar(1.0, span)))  # as the squared error has it
    has_classes = kind in ("categorical", "one_hot_categorical", "independent_bernoulli")
    if has_classes and units is not None:
        entries.append(Entry("classes", units.span, units))
    encoding, where = labels or (_usual(kind, loss), span)
    entries.append(Entry("labels", where, Scalar(encoding, where)))
    yield Entry("output", span, mapping(entries, span))
    section: list[Entry] = []
    if loss is not None and loss.type is not None:
        section.append(Entry("type", loss.span, Scalar(loss.type, loss.span)))
    weight = _kl_weight(read)
    if weight is not None:
        section.append(weight)
    if section:
        yield Entry("loss", span, mapping(section, span))


def _is_output_known(read: ReadScript, loss: Loss | None, labels: tuple[str, Span] | None) -> bool:
    """Whether the script shows how its output is scored; nothing is guessed of a loss of its own."""
    if read.unknown_layers or (labels is not None and labels[0] == "unknown"):
        return False
    has_own_step = any(one.function == ".gradient" for one in read.evaluation.calls)
    if read.distribution is not None:
        return True
    return loss.type is not None if loss is not None else not has_own_step


def _kind(read: ReadScript, loss: Loss | None, labels: tuple[str, Span] | None) -> str:
    """The distribution of a model that ends with a tensor, by its loss and its labels."""
    kind = None if loss is None else loss.type
    if kind == "binary_crossentropy":
        units = _units(read)
        if units is None or not isinstance(units.value, int) or units.value == 1:
            return "bernoulli"
        # Several units of Keras are several yes-or-no answers, unless a softmax makes them classes.
        return "categorical" if _last_activation(read) == "softmax" else "independent_bernoulli"
    if kind == "poisson":
        return "poisson"
    return "normal" if kind == "mean_squared_error" and labels is None else "categorical"


def _gives_logits(read: ReadScript, loss: Loss | None) -> bool:
    """Whether the loss reads logits; without a loss, whether the last layer gives them."""
    if loss is not None or not read.layers:
        return loss is not None and loss.from_logits
    return _last_activation(read) not in ("softmax", "sigmoid")


def _last_activation(read: ReadScript) -> object:
    """The activation of the last layer; None if it has none."""
    last = read.layers[-1].node if read.layers else None
    activation = last.entry("activation") if isinstance(last, Mapping) else None
    return None if activation is None else to_json(activation.value)


def _usual(kind: str, loss: Loss | None) -> str:
    """How labels are encoded where the script does not show it: as its loss takes them."""
    if loss is not None and loss.type == "categorical_crossentropy":
        return "one_hot"
    return {
        "bernoulli": "binary",
        "independent_bernoulli": "multi_hot",
        "normal": "real",
        "student_t": "real",
        "poisson": "count",
        "one_hot_categorical": "one_hot",
    }.get(kind, "integer")


def _kl_weight(read: ReadScript) -> Entry | None:
    variational = [one for one in read.layers if one.method]
    # A script that adds up the losses of its layers by itself may divide them there.
    if not variational or "losses" in read.evaluation.attributes:
        return None
    weights = [weight_of(one.call, read.evaluation) for one in variational]
    source = named_source(read.evaluation.calls)
    # Of layers that differ, one that is not divided by the rows is the mistake.
    first = next((one for one in weights if one.weight != "per_example"), weights[0])
    if first.weight is None:
        read.unknown.append(
            Unknown("what the KL is divided by is not known before the script runs", first.span)
        )
        return None
    said: float | str = first.weight
    if source is not None and isinstance(said, float) and _is_per_row(said, source[0], read.model):
        said = "per_example"
    inner = Entry("weight", first.span, Scalar(said, first.span))
    return Entry("kl", first.span, mapping([inner], first.span))


def _is_per_row(weight: float, source: str, model: Model | None) -> bool:
    """Whether a weight is 1 over the rows of a source, or over those that are trained on."""
    fitted = model.fitted[-1] if model is not None and model.fitted else None
    split = None if fitted is None else fitted.argument("validation_split", 7)
    held_out = split.value if isinstance(split, Known) and isinstance(split.value, float) else 0.0
    rows = rows_of(source)
    return any(abs(weight * count - 1) < 1e-6 for count in (rows, rows * (1 - held_out)))


def _units(read: ReadScript) -> Scalar | None:
    """The units of the last layer that has them."""
    for one in reversed(read.layers):
        if isinstance(one.node, Mapping):
            entry = one.node.entry("units")
            if entry is not None and isinstance(entry.value, Scalar):
                return entry.value
    return None


__all__ = ["Call", "ReadScript", "Value", "read_script"]
