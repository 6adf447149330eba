"""Training and data of a script: optimizer, batches, epochs, and where the images come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from bnnc.compiler.scripts.datasets import SOURCES, Feed, array_in, trained_rows
from bnnc.compiler.scripts.layers import plain
from bnnc.compiler.scripts.nodes import mapping
from bnnc.compiler.scripts.pixels import keeps_images
from bnnc.compiler.scripts.schedules import schedule
from bnnc.compiler.scripts.sklearn_digits import LOAD as LOAD_DIGITS
from bnnc.compiler.scripts.values import (
    UNKNOWN_ARGUMENTS,
    Call,
    Items,
    Known,
    Model,
    Reference,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Node, Scalar

_PACKAGE = "keras.optimizers."
_OPTIMIZERS = frozenset({"adam", "adamw", "nadam", "adamax", "lion", "rmsprop", "adagrad", "sgd"})
# Arguments of optimizers that change nothing of a model that a spec describes.
_NOT_OF_A_SPEC = frozenset({"name", "decay", "jit_compile", "loss_scale_factor"})


def training(
    model: Model, feed: Feed | None, calls: Sequence[Call], unknown: list[Unknown]
) -> Node | None:
    """The `training` section of a trained model; None where the script does not train it.

    What a spec does not have is added to `unknown`.
    """
    entries: list[Entry] = []
    span = model.span
    if model.compiled:
        call = model.compiled[-1]
        span = call.span
        place = call.keyword_spans.get("optimizer", call.span)
        found = _optimizer(call.argument("optimizer", 1), place, feed, unknown)
        entries += [found] if found is not None else []
    else:
        steps = [one for one in calls if one.function == ".apply_gradients"]
        last = steps[-1] if steps else None
        found = None if last is None else _optimizer(last.args[0], last.span, feed, unknown)
        entries += [found] if found is not None else []
    if feed is not None:
        entries.append(_count("batch_size", feed.batch_size, feed, default=32))
        entries.append(_count("epochs", feed.epochs, feed, default=1))
    return mapping(entries, span) if entries else None


def _count(name: str, value: Value | None, feed: Feed, *, default: int) -> Entry:
    """A number of rows or epochs; Keras's default where `fit` is not given one."""
    if isinstance(value, Known) and type(value.value) is int:
        call = feed.fitted
        place = value.span if call is None else call.keyword_spans.get(name, value.span)
        return Entry(name, place, Scalar(value.value, value.span))
    is_given = value is not None and not (isinstance(value, Known) and value.value is None)
    if is_given or feed.fitted is None:
        span = feed.span if value is None else value.span
        return Entry(name, span, Scalar(None, span, reported=True))
    return Entry(name, feed.span, Scalar(default, feed.span))


def _optimizer(
    value: Value | None, place: Span, feed: Feed | None, unknown: list[Unknown]
) -> Entry | None:
    match value:
        case Known() if isinstance(value.value, str):
            written, span = value.value, value.span
        case Reference() if value.name.startswith(_PACKAGE):
            written, span = value.name.removeprefix(_PACKAGE), value.span
        case Call() if value.function.startswith(_PACKAGE):
            written, span = value.function.removeprefix(_PACKAGE), value.function_span
        case _:
            return None
    name = written.lower()
    if name not in _OPTIMIZERS:
        unknown.append(Unknown(f"a spec has no optimizer `{written}`", span, True))
        return None
    entries = [Entry("type", span, Scalar(name, span))]
    if isinstance(value, Call):
        entries += _of_optimizer(value, feed)
    return Entry("optimizer", place, mapping(entries, value.span))


def _of_optimizer(call: Call, feed: Feed | None) -> Iterator[Entry]:
    given = dict(zip(("learning_rate",), call.args, strict=False)) | dict(call.keywords)
    if UNKNOWN_ARGUMENTS in given:
        unknown = given.pop(UNKNOWN_ARGUMENTS)
        given = {"learning_rate": unknown} | given
    for key, value in given.items():
        key = "learning_rate" if key == "lr" else key
        if key in _NOT_OF_A_SPEC or (isinstance(value, Known) and value.value is None):
            continue
        place = call.keyword_spans.get(key, value.span)
        if isinstance(value, Known):
            yield Entry(key, place, Scalar(value.value, value.span))
        elif key == "learning_rate":
            epochs = feed.epochs.value if feed and isinstance(feed.epochs, Known) else None
            found = schedule(value, _steps(feed), epochs)
            yield Entry(key, place, found or Scalar(None, value.span, reported=True))


def _steps(feed: Feed | None) -> int | None:
    """The steps of an epoch."""
    rows = trained_rows(feed)
    size = None if feed is None else feed.batch_size
    number = 32 if size is None else size.value if isinstance(size, Known) else None
    return ceil(rows / number) if rows is not None and type(number) is int and number > 0 else None


def named_source(calls: Sequence[Call]) -> tuple[str, Span] | None:
    """The named source that a script loads with `keras.datasets`."""
    for call in calls:
        parts = call.function.split(".")
        if call.function == LOAD_DIGITS:
            return "digits", call.span
        if parts[:2] == ["keras", "datasets"] and parts[-1] == "load_data" and parts[2] in SOURCES:
            return SOURCES[parts[2]], call.span
    return None


_KEEP_IMAGES = frozenset(
    {
        *("/", "-", "*", "[:]", ".astype", ".reshape", "tf.cast", "tf.expand_dims", "tf.constant"),
        *("np.expand_dims", "np.array", "np.asarray", "np.reshape", "tf.reshape"),
        *("tf.convert_to_tensor", "np.float32", "[train]"),
    }
)


def is_plain_data(images: Value | None) -> bool:
    """Whether images are those of a source, however they are cast, scaled or reshaped."""
    while isinstance(images, Call):
        if images.function.startswith("keras.datasets."):
            return True
        is_kept = images.function in _KEEP_IMAGES
        if images.function == "[]" and len(images.args) > 1:
            is_kept = keeps_images(images.args[1])
        if not is_kept:
            return False
        images = array_in(images)
    return False


def data(model: Model, source: tuple[str, Span] | None) -> Node | None:
    """The `data` section, where the script loads a named source."""
    if source is None:
        return None
    name, span = source
    entries = [Entry("source", span, Scalar(name, span))]
    if model.fitted:
        call = model.fitted[-1]
        held_out = call.argument("validation_split", 7)
        if isinstance(held_out, Known) and isinstance(held_out.value, float):
            place = call.keyword_spans.get("validation_split", held_out.span)
            entries.append(Entry("validation_split", place, Scalar(held_out.value, held_out.span)))
    return mapping(entries, span)


def divisor_of(images: Value | None) -> tuple[float, Span] | None:
    """The number that images are divided by, as in `x / 255.0`, however often they are cast."""
    match images:
        case Call(function="/", args=(_, Known(value=number) as divisor)) if isinstance(
            number, int | float
        ):
            return float(number), divisor.span
        case Call() if images.args and not images.function.startswith("keras.datasets."):
            return divisor_of(images.args[0])
    return None


def shape_of(value: Value | None) -> Node | None:
    """A shape that is written out."""
    if (
        isinstance(value, Items)
        and value.items
        and all(isinstance(one, Known) and type(one.value) is int for one in value.items)
    ):
        return plain(value)
    return None
