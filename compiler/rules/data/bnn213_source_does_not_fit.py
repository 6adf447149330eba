"""BNN213."""

from dataclasses import replace
from math import prod

from bnnc.compiler.analysis.channels_first import advice, channels_last, writing_channels_last
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted
from bnnc.specs.class_names import listed
from bnnc.specs.outputs.bernoulli import Bernoulli
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.specs.outputs.ordered_logistic import OrderedLogistic
from bnnc.specs.outputs.over_reals import OverReals
from bnnc.specs.outputs.poisson import Poisson
from bnnc.specs.shapes import Shape
from bnnc.specs.sources import DataFacts


@rule(
    "BNN213",
    needs=("input.shape", "input.value_range", "output.distribution", "output.classes", "data"),
    severity="error",
)
def source_does_not_fit(view: View, report: Report) -> list[Diagnostic]:
    """The spec does not describe the data that it names.

    ## What it does
    Compares `input` and `output` with what is known about the data: the shape of the images, the
    range of their pixels and the number of classes. The named sources are known. For data at a
    path, bnnc reads the headers of an .npz archive or of IDX files, and their labels if there are
    few; in a folder of images, it reads the class folders and some image headers. It does not load
    the data.

    ## Why it is bad
    Training would refuse the data, but only after TensorFlow has started. In the worst case it
    would not refuse it: pixels from 0 to 16 that are read as pixels from 0 to 255 are nearly black
    images, and classes without rows take probability from the others.

    ## Example
    ```yaml
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {batch_size: 32}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {batch_size: 32}
    data: {source: digits}
    ```
    """
    facts = view.facts
    if facts is None:
        return []
    source = Label(view.span_of("data", "source"), "the data")
    found: list[Diagnostic] = []
    resized = view.data is not None and view.data.resize is not None
    if resized and facts.shape is not None and facts.shape[:2] != view.input.shape[:2]:
        pass  # BNN266
    elif facts.shape is not None and not facts.has_shape(view.input.shape):
        shape = ", ".join(str(size) for size in facts.shape)
        meant = channels_last(view)
        found.append(
            report(
                view.span_of("input", "shape"),
                f"the images of {quoted(facts.name)} have the shape [{shape}]",
                label="does not match the images",
                related=(source,),
                help=(
                    advice(meant) if meant == facts.shape else _writing_shape(view, facts.shape),
                ),
                notes=(
                    (f"its features are {listed(facts.feature_names)}",)
                    if facts.feature_names
                    else ()
                ),
                fixes=writing_channels_last(view, meant) if meant == facts.shape else (),
            )
        )
    known_range = None if view.input.is_table else facts.value_range
    if known_range is not None and view.input.value_range != known_range:
        low, high = known_range
        found.append(
            report(
                view.span_of("input", "value_range"),
                f"the pixels of {quoted(facts.name)} have values from {low:g} to {high:g}",
                label="does not match the pixels"
                if view.is_explicit("input", "value_range")
                else "`value_range` is [0, 255] by default",
                related=(source,),
                help=(f"write `value_range: [{low:g}, {high:g}]`",),
            )
        )
    if isinstance(view.output, OverReals | Poisson):
        size = getattr(view.output, "event_size", 1)
        if facts.label_columns not in {None, size}:
            found.append(
                report(
                    view.span_of("output", "event_size"),
                    f"{quoted(facts.name)} has {counted(facts.label_columns, 'number')} in a label,"
                    f" but the output distribution has {size}",
                    label=counted(size, "number"),
                    related=(source,),
                    help=(f"write `event_size: {facts.label_columns}`",)
                    if isinstance(view.output, OverReals)
                    else ("write one count for each image",),
                )
            )
        return found  # not over classes: BNN347
    classes = getattr(view.output, "classes", 2)
    if view.has("survey"):
        facts = replace(facts, label_counts=None)  # BNN280 has every row
    wrong = _other_classes(facts, classes, of_sets=isinstance(view.output, IndependentBernoulli))
    if wrong is not None:
        has, right = wrong
        found.append(
            report(
                view.span_of("output", "classes"),
                f"{quoted(facts.name)} has {has}, but the output distribution has {classes}",
                label=f"{classes} classes",
                related=(source,),
                help=(_writing_classes(view, right),),
            )
        )
    return found


def _writing_shape(view: View, shape: Shape) -> str:
    """Help for the right shape; flat images need a reshape."""
    wanted = view.input.shape
    if len(shape) > 1 or view.input.is_table:
        return f"write `shape: [{', '.join(map(str, shape))}]`"
    if prod(wanted) == shape[0]:
        return (
            f"reshape the images in the data: `images.reshape(-1, {', '.join(map(str, wanted))})`"
        )
    return (
        f"write `shape: [{shape[0]}]` for rows of {shape[0]} features, `shape: [{shape[0]}, 1]` for a "
        f"series of {shape[0]} steps, or reshape the images"
    )


def _other_classes(
    facts: DataFacts, classes: int, *, of_sets: bool
) -> tuple[str, int | None] | None:
    """The classes of the data in words, and the number to write; None if the spec is right.

    The number is None if the labels are numbered from 1.
    """
    if facts.label_columns is not None and facts.label_columns > 1:
        columns = facts.label_columns
        return None if columns == classes else (f"{columns} columns of labels", columns)
    if of_sets:
        return None  # BNN348
    if facts.classes is not None:
        wrong = facts.classes != classes
        return (counted(facts.classes, "class", "classes"), facts.classes) if wrong else None
    counts = facts.label_counts
    if counts is None or len(counts) <= classes:
        return None
    from_one = len(counts) == classes + 1 and counts[0] == 0
    return f"labels up to {len(counts) - 1}", None if from_one else len(counts)


def _writing_classes(view: View, classes: int | None) -> str:
    if classes is None:
        return "number the classes from 0: subtract 1 from every label in the data"
    if isinstance(view.output, Bernoulli):
        return (
            "write `distribution: categorical`, "
            f"`classes: {classes}` and `labels: integer`, and {classes} units in the last layer"
        )
    ordered = isinstance(view.output, OrderedLogistic)
    return f"write `classes: {classes}`" + (
        "" if ordered else f", and {classes} units in the last layer"
    )
