"""The `output` and `loss` sections of a script: how its last layer is scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bnnc.compiler.scripts.datasets import Feed, all_rows_of, rows_of
from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.kl import KLWeight, product, weight_of_step, weights_of
from bnnc.compiler.scripts.layers import ReadLayer
from bnnc.compiler.scripts.losses import Loss
from bnnc.compiler.scripts.nodes import mapping
from bnnc.compiler.scripts.outputs import Distribution, encoding_of
from bnnc.compiler.scripts.values import Known, Unknown
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Mapping, Scalar, to_json

Labels = tuple[str, Span] | None
_OF_CLASSES = ("categorical", "one_hot_categorical", "independent_bernoulli")
_USUAL = {
    "bernoulli": "binary",
    "independent_bernoulli": "multi_hot",
    "normal": "real",
    "student_t": "real",
    "poisson": "count",
    "one_hot_categorical": "one_hot",
}


def labels_of(feed: Feed | None) -> Labels:
    """How the labels of a script are encoded, where it shows this."""
    if feed is None:
        return None
    if feed.labels is not None and feed.labels is feed.images:
        return "unknown", feed.span  # an autoencoder
    return encoding_of(feed.labels)


def output_section(
    layers: Sequence[ReadLayer],
    layer_distribution: Distribution | None,
    loss: Loss | None,
    labels: Labels,
    span: Span,
) -> Entry:
    """The `output` section of a model whose last layers are known."""
    units = _units(layers)
    entries: list[Entry] = []
    found = layer_distribution or (loss.distribution if loss is not None else None)
    if found is not None:
        kind, name_span, place = found.name, found.name_span, found.parameter_span
        said = found.parameterization
    else:
        kind, name_span = _kind(loss, labels, units, _last_activation(layers)), span
        place = span if loss is None or loss.logits_span is None else loss.logits_span
        said = "logits" if _gives_logits(layers, loss) else "probs"
        said = {"normal": "loc", "poisson": "rate"}.get(kind, said)
    if kind == "bernoulli" and isinstance(units, Scalar) and units.value not in (1, None):
        kind = "independent_bernoulli"
    entries.append(Entry("distribution", name_span, Scalar(kind, name_span)))
    entries.append(Entry("parameterization", place, Scalar(said, place)))
    if found is not None and found.scale is not None:
        entries.append(
            Entry("scale", found.scale.span, Scalar(found.scale.value, found.scale.span))
        )
    if kind == "normal" and found is None:
        entries.append(Entry("scale", span, Scalar(1.0, span)))  # as the squared error has it
    if kind in _OF_CLASSES and units is not None:
        entries.append(Entry("classes", units.span, units))
    if kind in ("normal", "student_t") and units is not None and type(units.value) is int:
        share = 1 if said == "loc" else 2
        if units.value % share == 0 and units.value > share:
            size = Scalar(units.value // share, units.span)
            entries.append(Entry("event_size", units.span, size))
    if kind in _OF_CLASSES and units is None:
        # Marked as reported: the layer that gives the classes is not followed.
        return Entry("output", span, Scalar(None, span, reported=True))
    encoding, where = labels or (_usual(kind, loss), span)
    entries.append(Entry("labels", where, Scalar(encoding, where)))
    return Entry("output", span, mapping(entries, span))


def is_output_known(loss: Loss | None, labels: Labels, evaluation: Evaluation) -> bool:
    """Whether the script shows how its output is scored; nothing is guessed of a loss of its own."""
    if labels is not None and labels[0] == "unknown":
        return False
    has_own_step = any(one.function == ".gradient" for one in evaluation.calls)
    return loss.type is not None if loss is not None else not has_own_step


def _kind(loss: Loss | None, labels: Labels, units: Scalar | None, activation: object) -> str:
    """The distribution of a model that ends with a tensor, by its loss and its labels."""
    kind = None if loss is None else loss.type
    if kind == "poisson":
        return "poisson"
    if kind == "binary_crossentropy":
        is_one = units is None or units.value in (1, None)
        if not is_one and labels is not None:
            return "one_hot_categorical" if labels[0] == "one_hot" else "categorical"
        if is_one:
            return "bernoulli"
        # Several units of Keras are several yes-or-no answers, unless a softmax makes them classes.
        return "categorical" if activation == "softmax" else "independent_bernoulli"
    return "normal" if kind == "mean_squared_error" and labels is None else "categorical"


def _gives_logits(layers: Sequence[ReadLayer], loss: Loss | None) -> bool:
    """Whether the loss reads logits; without a loss, whether the last layer gives them."""
    if loss is not None or not layers:
        return loss is not None and loss.from_logits
    return _last_activation(layers) not in ("softmax", "sigmoid")


def _last_activation(layers: Sequence[ReadLayer]) -> object:
    """The activation of the last layer; None if it has none."""
    last = layers[-1].node if layers else None
    activation = last.entry("activation") if isinstance(last, Mapping) else None
    return None if activation is None else to_json(activation.value)


def _usual(kind: str, loss: Loss | None) -> str:
    """How labels are encoded where the script does not show it: as its loss takes them."""
    if loss is not None and loss.type == "categorical_crossentropy":
        return "one_hot"
    return _USUAL.get(kind, "integer")


def _units(layers: Sequence[ReadLayer]) -> Scalar | None:
    """The units of the last layer that has them."""
    for one in reversed(layers):
        if isinstance(one.node, Mapping):
            entry = one.node.entry("units")
            if entry is not None and isinstance(entry.value, Scalar):
                return entry.value
    return None


def loss_section(
    loss: Loss | None,
    layers: Sequence[ReadLayer],
    source: str | None,
    feed: Feed | None,
    evaluation: Evaluation,
    unknown: list[Unknown],
) -> Iterator[Entry]:
    """The entries of the `loss` section: its type, and the weight of the KL."""
    if loss is not None and loss.type is not None:
        yield Entry("type", loss.span, Scalar(loss.type, loss.span))
    if loss is not None and loss.smoothing is not None:
        value, place = loss.smoothing
        yield Entry("label_smoothing", place, Scalar(value.value, value.span))
    variational = [one for one in layers if one.call.function.startswith("tfp.layers.")]
    if not variational:
        return
    images = None if feed is None else feed.images
    weights = [one for layer in variational for one in weights_of(layer.call, evaluation, images)]
    if "losses" in evaluation.attributes:  # a script may divide them where it adds them up
        step = weight_of_step(evaluation, images)
        if step is None:
            return
        weights = [_in_step(one, step, rows_of(images)) for one in weights]
    weights = [
        replace(one, weight="per_example")
        if isinstance(one.weight, float) and _is_per_row(one.weight, source, feed)
        else one
        for one in weights
    ]
    # Of layers that differ, one that is not divided by the rows is the mistake.
    first = next((one for one in weights if one.weight != "per_example"), weights[0])
    if first.weight is None:
        reason = "what the KL is divided by is not known before the script runs"
        unknown.append(Unknown(reason, first.span))
        return
    inner = Entry("weight", first.span, Scalar(first.weight, first.span))
    yield Entry("kl", first.span, mapping([inner], first.span))


def _in_step(of_layer: KLWeight, step: KLWeight, rows: int | None) -> KLWeight:
    """The weight of a KL that a training step adds, at the place that is no plain sum."""
    span = of_layer.span if step.weight == 1.0 else step.span
    return KLWeight(product(of_layer.weight, step.weight, rows), span)


def _is_per_row(weight: float, source: str | None, feed: Feed | None) -> bool:
    """Whether a weight is 1 over the rows of a source, or over those that are trained on."""
    call = None if feed is None else feed.fitted
    split = None if call is None else call.argument("validation_split", 7)
    held_out = split.value if isinstance(split, Known) and isinstance(split.value, float) else 0.0
    known = [None if feed is None else rows_of(feed.images)]
    known += [None if source is None else all_rows_of(source)]
    return any(
        abs(weight * count - 1) < 1e-6
        for rows in known
        if rows is not None
        for count in (rows, rows * (1 - held_out))
    )
