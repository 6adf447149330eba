"""Programs, data and predictions as tables, for Python's `repr` and for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from bnnc.runtime.batches import Batches, Rows
from bnnc.system.table import Table

if TYPE_CHECKING:
    from bnnc.runtime.label_set_prediction import LabelSetPrediction
    from bnnc.runtime.number_prediction import NumberPrediction
    from bnnc.runtime.prediction import Prediction
    from bnnc.runtime.preparation import Prepared
    from bnnc.runtime.program import Program

_SHOWN_ROWS = 10
_SHOWN_NAMES = 10


def table_of_program(program: Program) -> Table:
    """What a program is, and what it was trained on."""
    spec, totals = program.spec, program.manifest["plan"]["totals"]
    methods = dict.fromkeys(one.method for one in spec.bayesian_sections.values())
    members = len(program.members)
    classes = getattr(spec.output, "classes", None)
    values = (
        ("input", _shape(spec.input.shape)),
        ("output", spec.output.distribution + (f", {classes} classes" if classes else "")),
        ("method", ", ".join(methods) or "none"),
        *([("members", str(members))] if members > 1 else []),
        ("parameters", f"{totals['parameters']:,}, {totals['posterior']:,} with a posterior"),
        ("trained", _trained(program)),
        ("fingerprint", spec.fingerprint()[:19]),
    )
    return Table(f"{type(program).__name__} {spec.name}", values=values)


def table_of_data(prepared: Prepared) -> Table:
    """What a training takes, in a few numbers."""
    names = prepared.class_names
    values = (
        ("rows", _rows(prepared.train)),
        ("held out", _rows(prepared.validation) if prepared.validation else "none"),
        ("batches", f"{prepared.train.steps:,} of up to {prepared.train.batch_size:,} rows"),
        *([("classes", _listed(names))] if names else []),
    )
    return Table(f"Prepared data {prepared.name}", values=values)


def table_of_classes(prediction: Prediction) -> Table:
    """The first images with their likeliest classes."""
    names = prediction.class_names
    rows = _first(
        [names[label] for label in prediction.label[:_SHOWN_ROWS]]
        if names
        else map(str, prediction.label[:_SHOWN_ROWS]),
        *(
            _decimals(values, ".4f")
            for values in (
                prediction.confidence,
                prediction.entropy,
                prediction.mutual_information,
            )
        ),
    )
    columns = ("image", "class", "confidence", "entropy", "mutual information")
    return _of_images("Prediction", prediction.samples, len(prediction.probs), columns, rows, 2)


def table_of_label_sets(prediction: LabelSetPrediction) -> Table:
    """The first images with the labels that are likelier than not."""
    names = prediction.class_names or tuple(map(str, range(prediction.probs.shape[1])))
    rows = _first(
        (_listed([names[place] for place in np.flatnonzero(one)]) for one in prediction.labels),
        *(
            _decimals(values.sum(axis=1), ".4f")
            for values in (prediction.entropy, prediction.mutual_information)
        ),
    )
    columns = ("image", "labels", "entropy", "mutual information")
    return _of_images(
        "LabelSetPrediction", prediction.samples, len(prediction.probs), columns, rows, 2
    )


def table_of_numbers(prediction: NumberPrediction) -> Table:
    """The first images with mean, standard deviations and the central 90 % interval."""
    low, high = prediction.interval(0.9)
    values = (prediction.mean, prediction.std, prediction.aleatoric_std, prediction.epistemic_std)
    rows = _first(*map(_decimals, (*values, low, high)))
    columns = ("image", "mean", "std", "aleatoric", "epistemic", "lower 90 %", "upper 90 %")
    return _of_images("NumberPrediction", prediction.samples, len(prediction.mean), columns, rows)


def _of_images(
    kind: str,
    draws: int,
    images: int,
    columns: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    left: int = 1,
) -> Table:
    more = images - len(rows)
    below = (f"and {_counted(more, 'more image')}",) if more else ()
    title = f"{kind} of {_counted(images, 'image')}, {_counted(draws, 'weight draw')}"
    return Table(title, columns, rows, left, below=below)


def _first(*columns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The first rows of the columns, each with its number."""
    rows = zip(map(str, range(_SHOWN_ROWS)), *columns, strict=False)
    return tuple(rows)


def _decimals(values: Any, form: str = ".4g") -> list[str]:
    """The first values; several numbers of one image are in one cell."""
    return [" ".join(f"{one:{form}}" for one in np.atleast_1d(row)) for row in values[:_SHOWN_ROWS]]


def _trained(program: Program) -> str:
    trained = program.manifest["trained"]
    if trained is None:
        return "through Keras" if program.trained else "no"
    if not program.trained:
        return f"not yet, on {trained['data']}"
    epochs = _counted(trained["epochs"], "epoch")
    shown = f"{epochs} on {trained['data']}, {_counted(trained['rows'], 'row')}"
    steps = trained["epochs"] * ceil(trained["rows"] / trained["batch_size"])
    earlier = min(model.steps_taken for model in program.models) - steps
    return f"{shown}, after {_counted(earlier, 'earlier step')}" if earlier > 0 else shown


def _rows(batches: Batches) -> str:
    shape = batches.images.shape[1:] if isinstance(batches, Rows) else None
    return f"{batches.rows:,}" + ("" if shape is None else f" images of {_shape(shape)}")


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + "s" * (count != 1)
