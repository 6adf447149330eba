"""Training and data of a script: optimizer, batches, epochs, and where the images come from."""

from __future__ import annotations

from collections.abc import Iterator

from bnnc.compiler.scripts.layers import plain
from bnnc.compiler.scripts.nodes import mapping
from bnnc.compiler.scripts.values import Call, Items, Known, Model, Reference, Value
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Node, Scalar

_OPTIMIZERS = frozenset({"adam", "adamw", "nadam", "adamax", "lion", "rmsprop", "adagrad", "sgd"})
_SOURCES = {
    "mnist": "mnist",
    "fashion_mnist": "fashion-mnist",
    "cifar10": "cifar10",
    "cifar100": "cifar100",
}
_ROWS = {"mnist": 60_000, "fashion-mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000}


def training(model: Model) -> Node | None:
    """The `training` section of a compiled and fitted model; None where the script has neither."""
    entries: list[Entry] = []
    span = model.span
    if model.compiled:
        call = model.compiled[-1]
        span = call.span
        found = _optimizer(
            call.argument("optimizer", 1), call.keyword_spans.get("optimizer", call.span)
        )
        entries += [found] if found is not None else []
    if model.fitted:
        call = model.fitted[-1]
        for name, position in (("batch_size", 3), ("epochs", 4)):
            value = call.argument(name, position)
            if isinstance(value, Known) and isinstance(value.value, int):
                place = call.keyword_spans.get(name, value.span)
                entries.append(Entry(name, place, Scalar(value.value, value.span)))
    return mapping(entries, span) if entries else None


def _optimizer(value: Value | None, place: Span) -> Entry | None:
    match value:
        case Known() if isinstance(value.value, str) and value.value.lower() in _OPTIMIZERS:
            kind = Entry("type", value.span, Scalar(value.value.lower(), value.span))
            return Entry("optimizer", place, mapping([kind], value.span))
        case Reference() if value.name.startswith("keras.optimizers."):
            name = value.name.rpartition(".")[2].lower()
            return Entry(
                "optimizer",
                place,
                mapping([Entry("type", value.span, Scalar(name, value.span))], value.span),
            )
        case Call() if value.function.startswith("keras.optimizers."):
            return Entry("optimizer", place, mapping(_of_optimizer(value), value.span))
    return None


def _of_optimizer(call: Call) -> Iterator[Entry]:
    name = call.function.rpartition(".")[2].lower()
    yield Entry("type", call.function_span, Scalar(name, call.function_span))
    given = dict(zip(("learning_rate",), call.args, strict=False)) | dict(call.keywords)
    for key, value in given.items():
        key = "learning_rate" if key == "lr" else key
        if key in ("name", "decay") or not isinstance(value, Known) or value.value is None:
            continue
        place = call.keyword_spans.get(key, value.span)
        yield Entry(key, place, Scalar(value.value, value.span))


def named_source(calls: list[Call]) -> tuple[str, Span] | None:
    """The named source that a script loads with `keras.datasets`."""
    for call in calls:
        parts = call.function.split(".")
        if parts[:2] == ["keras", "datasets"] and parts[-1] == "load_data" and parts[2] in _SOURCES:
            return _SOURCES[parts[2]], call.span
    return None


_KEEP_IMAGES = frozenset(
    {
        *("/", "-", "*", "[:]", ".astype", ".reshape", "tf.cast", "tf.expand_dims", "tf.constant"),
        *("np.expand_dims", "np.array", "np.asarray", "np.reshape", "tf.reshape"),
        *("tf.convert_to_tensor", "np.float32"),
    }
)


def is_plain_data(images: Value | None) -> bool:
    """Whether images are those of a source, however they are cast, scaled or reshaped."""
    while isinstance(images, Call):
        if images.function.startswith("keras.datasets."):
            return True
        if images.function not in _KEEP_IMAGES or not images.args:
            return False
        images = images.args[0]
    return False


def rows_of(source: str) -> int:
    """Training rows of a named source."""
    return _ROWS[source]


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
