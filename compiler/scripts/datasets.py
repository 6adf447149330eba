"""The rows that a model is trained on: arrays, or a `tf.data.Dataset` of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Literal

from bnnc.compiler.scripts.values import (
    Call,
    Function,
    Items,
    Known,
    Model,
    Reference,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

if TYPE_CHECKING:
    from bnnc.compiler.scripts.evaluate import Evaluation
    from bnnc.compiler.scripts.statements import Statements

SOURCES = {
    "mnist": "mnist",
    "fashion_mnist": "fashion-mnist",
    "cifar10": "cifar10",
    "cifar100": "cifar100",
    "digits": "digits",
}
"""Modules of `keras.datasets`, and the named sources that they are; digits are scikit-learn's."""

_ROWS = {
    "mnist": 60_000,
    "fashion_mnist": 60_000,
    "cifar10": 50_000,
    "cifar100": 50_000,
    "digits": 1_797,
}
_FROM = "tf.data.Dataset.from_tensor"
# Methods of a dataset that keep its elements as they are, or put them into batches.
_KEEP = frozenset(
    {
        *(".shuffle", ".batch", ".prefetch", ".repeat", ".cache", ".take", ".skip", ".unbatch"),
        *(".with_options", ".padded_batch", ".ragged_batch"),
    }
)
_PROGRESS = ("tqdm", "trange", "iter")
# Functions of images and labels that keep their rows.
_KEEP_ROWS = frozenset(
    {
        *("/", "-", "*", "+", ".astype", "tf.cast", "tf.expand_dims", "tf.constant"),
        *("np.expand_dims", "np.array", "np.asarray", "np.float32", "tf.convert_to_tensor"),
        *("keras.utils.to_categorical", "tf.one_hot", ".reshape", "np.reshape", "tf.reshape"),
    }
)
_MAX_DEPTH = 30


@dataclass(frozen=True, slots=True)
class Feed:
    """What a model is trained on: images, labels, rows of a batch, and the call that says so."""

    images: Value | None
    labels: Value | None
    batch_size: Value | None
    span: Span
    fitted: Call | None = None
    epochs: Value | None = None


def feed_of(model: Model, evaluation: Evaluation) -> Feed | None:
    """What `fit` is given, or what the loop around a hand-written step goes over."""
    if model.fitted:
        call = model.fitted[-1]
        images = call.argument("x", 1)
        if is_dataset(images):
            assert isinstance(images, Call)
            return _of_dataset(images, evaluation, call)
        labels, size = call.argument("y", 2), call.argument("batch_size", 3)
        if labels is None and size is None:
            size = Unknown("the batches of this data set are not known", call.span)
        return Feed(images, labels, size, call.span, call, call.argument("epochs", 4))
    for dataset in reversed(evaluation.looped):
        feed = _of_dataset(dataset, evaluation, None)
        # A loop over known values, such as `range(20)`, is followed: its body ran so often.
        epochs = sum(one is dataset for one in evaluation.looped)
        is_known = evaluation.is_whole and not evaluation.is_looped_unknown
        return replace(feed, epochs=Known(epochs, dataset.span)) if is_known else feed
    return None


def _of_dataset(dataset: Call, evaluation: Evaluation, fitted: Call | None) -> Feed:
    element = element_of(dataset, evaluation)
    items: Sequence[Value] = element.items if isinstance(element, Items) else ()
    images, labels = items[:2] if len(items) > 1 else (element, None)
    epochs = None if fitted is None else fitted.argument("epochs", 4)
    return Feed(images, labels, _batch_of(dataset), dataset.span, fitted, epochs)


def is_dataset(value: Value | None) -> bool:
    """Whether a value is a dataset whose elements are followed."""
    return isinstance(value, Call) and _root(value) is not None


def _root(dataset: Call) -> Call | None:
    """The call that a chain of a dataset's methods begins with."""
    for _ in range(_MAX_DEPTH):
        if dataset.function.startswith(_FROM):
            return dataset
        is_kept = dataset.function in _KEEP or dataset.function == ".map"
        owner = dataset.args[0] if dataset.args else None
        if not is_kept or not isinstance(owner, Call):
            return None
        dataset = owner
    return None


def element_of(dataset: Value, evaluation: Statements) -> Value | None:
    """An element of a dataset, as the whole array that it is a part of; None if it is not known."""
    match dataset:
        case Call() if dataset.function.startswith(_FROM) and dataset.args:
            return dataset.args[0]
        case Call(function=".map", args=(owner, Function() as how, *_)):
            inner = element_of(owner, evaluation)
            if inner is None:
                return None
            args = inner.items if isinstance(inner, Items) else (inner,)
            return evaluation.apply(how, args, {}, dataset.span)
        case Call(function=".map"):
            return Unknown("the function of this `map` is not followed", dataset.span)
        case Call() if dataset.function in _KEEP and dataset.args:
            return element_of(dataset.args[0], evaluation)
        case Call(function="enumerate", args=(inner,)):
            element = element_of(inner, evaluation)
            number = Unknown("it is the variable of a loop", dataset.span)
            return None if element is None else Items((number, element), dataset.span)
        case Call(args=(inner, *_)) if dataset.function.rpartition(".")[2] in _PROGRESS:
            return element_of(inner, evaluation)
    return None


def dataset_in(value: Value) -> Call | None:
    """The dataset that a loop goes over, also through `enumerate` or a progress bar."""
    while isinstance(value, Call):
        if _root(value) is not None:
            return value
        name = value.function.rpartition(".")[2]
        if name not in ("enumerate", *_PROGRESS) or not value.args:
            return None
        value = value.args[0]
    return None


def _batch_of(dataset: Call) -> Value | None:
    """What the last `batch` of a dataset is given."""
    found: Value = dataset
    while isinstance(found, Call) and not found.function.startswith(_FROM) and found.args:
        if found.function.endswith("batch") and found.function != ".unbatch":
            return found.argument("batch_size", 1)
        found = found.args[0]
    return None


def rows_of(images: Value | None) -> int | None:
    """The rows of an array of a named source, of a slice of it too; None if they are not known."""
    match images:
        case Call(function="[:]", args=(owner, *_)):
            rows = rows_of(owner)
            lower, upper = (_bound(images.keywords.get(name)) for name in ("lower", "upper"))
            if rows is None or lower is False or upper is False or "step" in images.keywords:
                return None
            return len(range(rows)[lower:upper])
        case Call(function="[]", args=(owner, Items(items=(first, *_)))):
            match first:  # of the rows
                case Call(function="slice"):
                    return rows_of(replace(images, function="[:]", keywords=first.keywords))
                case Reference(name="..."):
                    return rows_of(owner)
        case Call(function="[train]", args=(owner,)):
            return _of_split(rows_of(owner), images)
        case Call() if images.function.startswith("keras.datasets."):
            name = images.function.split(".")[2]
            return _ROWS.get(name) if images.function.endswith(("[0][0]", "[0][1]")) else None
        case Call() if images.function in _KEEP_ROWS:
            return rows_of(array_in(images))
    return None


def array_in(call: Call) -> Value | None:
    """The array that a call changes: `x` of `2 * x` and of `tf.cast(x, tf.float32)`."""
    return next((one for one in call.args if isinstance(one, Call)), None)


def _of_split(rows: int | None, split: Call) -> int | None:
    """The training rows of scikit-learn's `train_test_split`, which holds out a quarter."""
    share = split.argument("test_size")
    held_out = 0.25 if share is None else share.value if isinstance(share, Known) else None
    if rows is None or split.argument("train_size") is not None:
        return None
    if type(held_out) is int:
        return rows - held_out
    return rows - ceil(rows * held_out) if isinstance(held_out, float) else None


def trained_rows(feed: Feed | None) -> int | None:
    """The rows that a model is trained on, without those that are held out."""
    rows = None if feed is None else rows_of(feed.images)
    call = None if feed is None else feed.fitted
    split = None if call is None else call.argument("validation_split", 7)
    if rows is None or split is None:
        return rows
    held_out = split.value if isinstance(split, Known) else None
    return int(rows * (1 - held_out)) if isinstance(held_out, float) else None


def count_of(value: Value) -> int | None:
    """What `len(x_train)` or `x_train.shape[0]` is, of an array of a named source."""
    match value:
        case (
            Call(function="len", args=(rows,))
            | Call(function="[]", args=(Call(function=".shape", args=(rows,)), Known(value=0)))
        ):
            return rows_of(rows)
    return None


def _bound(value: Value | None) -> int | Literal[False] | None:
    """An end of a slice; False if it is not known."""
    if value is None:
        return None
    number = value.value if isinstance(value, Known) else False
    return number if type(number) is int or number is None else False


def all_rows_of(source: str) -> int:
    """Training rows of a named source."""
    return next(_ROWS[module] for module, name in SOURCES.items() if name == source)
